"""What a command found out: facts of layers, findings, an outcome; and all of it as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from rnnscope.axes import Axes
from rnnscope.dependence.facts import Dependence
from rnnscope.facts import Difference, LayerFacts, ParameterFact, TensorFact, differences
from rnnscope.findings import Finding
from rnnscope.reasons import sentence
from rnnscope.summary import WatchSummary
from rnnscope.weights.facts import LayerValues

SCHEMA = "rnnscope/1"


@dataclass(frozen=True, slots=True)
class LayerResult:
    """One layer: predicted facts, measured facts, and the reference's max |difference|.

    ``measured`` is None when nothing was run; its tensors are empty when only the parameters
    could be measured, and ``incomplete`` says why. ``tolerance`` is the difference that the dtype
    allows the reference. ``paths`` are the layer's names in a model, several when it is shared;
    ``call_index`` counts its calls from 0, and ``calls`` are how many were alike, 0 when it was not
    called. ``unknown`` are the options that a weights file does not tell; None where the layer is
    of no file. ``values`` are what its numbers are like, where they were read.
    """

    facts: LayerFacts
    measured: LayerFacts | None = None
    incomplete: str | None = None
    reference: float | None = None
    tolerance: float = 0.0
    paths: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    call_index: int = 0
    calls: int = 1
    unknown: tuple[str, ...] | None = None
    values: LayerValues | None = None

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Where measured facts disagree with predicted ones, of all that was measured."""
        if self.measured is None:
            return ()
        found = differences(self.facts, self.measured)
        if self.measured.tensors:
            return found
        names = {p.name for p in self.facts.parameters} | {"names"}
        return tuple(d for d in found if d.name in names and isinstance(d.expected, tuple | int))

    @property
    def agrees(self) -> bool | None:
        """True when all that was measured is as predicted; None when nothing was measured."""
        return None if self.measured is None else not self.differences

    @property
    def reference_agrees(self) -> bool | None:
        """True when the reference is within the tolerance; None when it was not asked."""
        return None if self.reference is None else self.reference <= self.tolerance

    def to_dict(self) -> dict[str, Any]:
        """The keys of one layer in the JSON schema; an infinite difference is null there."""
        facts = self.facts
        return {
            **({"path": self.paths[0], "paths": list(self.paths)} if self.paths else {}),
            **({"notes": list(self.notes)} if self.notes else {}),
            **({"calls": self.calls} if self.paths and self.unknown is None else {}),
            **({"unknown": list(self.unknown)} if self.unknown is not None else {}),
            "config": asdict(facts.config) | dict.fromkeys(self.unknown or ()),
            "call": asdict(facts.call),
            "device": facts.config.device,
            "dtype": facts.config.dtype,
            "parameters": [_parameter_dict(p, self) for p in facts.parameters],
            "parameter_count": facts.parameter_count,
            "parameter_bytes": facts.parameter_bytes,
            **({"values": asdict(self.values)} if self.values else {}),
            "macs": facts.macs,
            "tensors": [_tensor_dict(t, self) for t in facts.tensors],
            "state_slots": [asdict(slot) for slot in facts.slots],
            "packed": _packed_dict(facts),
            "agreement": {
                "measured": self.agrees,
                "reference": self.reference if self.reference != float("inf") else None,
                "reference_agrees": self.reference_agrees,
                "incomplete": self.incomplete,
                "differences": [asdict(d) for d in self.differences],
            },
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the user's script or model ended: with an exception or without."""

    exception: str | None = None
    message: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The value of ``outcome`` in the JSON schema."""
        if self.exception is None:
            return {"exception": None}
        return {"exception": {"type": self.exception, "message": self.message}}


@dataclass(frozen=True, slots=True)
class Result:
    """Everything that one command found out; ``model`` is True when the layers are parts of one.

    ``conclusion`` is the sentence that a reader is told after the findings, where there is one.
    ``behaviours`` are the parts that look recurrent and are none of torch's, by their paths.
    """

    layers: tuple[LayerResult, ...] = ()
    findings: tuple[Finding, ...] = ()
    torch: str | None = None
    outcome: Outcome | None = None
    model: bool = False
    watched: WatchSummary | None = None
    conclusion: str = ""
    behaviours: tuple[tuple[str, Dependence], ...] = ()

    @property
    def stored(self) -> bool:
        """True when the layers are those of a weights file: nothing is known of their calls."""
        return any(layer.unknown is not None for layer in self.layers)

    @property
    def counted(self) -> tuple[Finding, ...]:
        """The findings that change the exit status: errors and warnings."""
        return tuple(f for f in self.findings if f.severity.counts)

    @property
    def agrees(self) -> bool:
        """False when torch or the reference differs from the prediction anywhere."""
        verdicts = [v for layer in self.layers for v in (layer.agrees, layer.reference_agrees)]
        return False not in verdicts

    def to_dict(self) -> dict[str, Any]:
        """The JSON object that ``--format json`` prints; keys are only ever added."""
        data: dict[str, Any] = {"schema": SCHEMA, "torch": self.torch}
        if self.model:
            data["layers"] = [layer.to_dict() for layer in self.layers]
        elif self.layers:
            data |= self.layers[0].to_dict()
        if self.behaviours:
            data["behaviours"] = [{"path": path, **one.to_dict()} for path, one in self.behaviours]
        data["findings"] = [finding.to_dict() for finding in self.findings]
        if self.outcome is not None:
            data["outcome"] = self.outcome.to_dict()
        if self.watched is not None:
            data["watched"] = self.watched.to_dict()
        return data


def axes_dicts(axes: Axes, facts: LayerFacts) -> list[dict[str, Any]]:
    """The axes of one tensor in the JSON schema."""
    return [
        {
            "role": str(axis.role),
            "size": axis.size.value,
            "symbol": axis.size.symbol,
            "because": sentence(axis.because, facts.config) if axis.because else None,
        }
        for axis in axes
    ]


def _measured_shape(result: LayerResult, name: str) -> list[int] | None:
    measured = result.measured
    found = (measured.tensor(name) or measured.parameter(name)) if measured else None
    return list(found.shape) if found else None


def _tensor_dict(tensor: TensorFact, result: LayerResult) -> dict[str, Any]:
    return {
        "name": tensor.name,
        "shape": list(tensor.shape),
        "symbols": tensor.axes.symbols,
        "axes": axes_dicts(tensor.axes, result.facts),
        "dtype": tensor.dtype,
        "given": tensor.given,
        "measured": _measured_shape(result, tensor.name),
    }


def _parameter_dict(parameter: ParameterFact, result: LayerResult) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "shape": list(parameter.shape),
        "symbols": parameter.axes.symbols,
        "gate_multiple": parameter.gate_multiple,
        "layer": parameter.layer,
        "direction": parameter.direction,
        "numel": parameter.numel,
        "bytes": parameter.nbytes,
        "rows": [
            {"block": r.block, "gate": r.gate.name, "start": r.start, "stop": r.stop}
            for r in parameter.rows
        ],
        "measured": _measured_shape(result, parameter.name),
    }


def _packed_dict(facts: LayerFacts) -> dict[str, Any] | None:
    packed = facts.packed
    if packed is None:
        return None
    return {
        "batch_sizes": list(packed.batch_sizes),
        "sorted_indices": None if packed.sorted_indices is None else list(packed.sorted_indices),
        "unsorted_indices": (
            None if packed.unsorted_indices is None else list(packed.unsorted_indices)
        ),
        "real_steps": packed.real_steps,
        "padded_steps": packed.padded_steps,
        "padded_output": list(packed.padded_output.shape),
    }
