"""Gates: every gate of a layer on one input, with its numbers, pictures and findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from math import isfinite
from typing import TYPE_CHECKING, Any

from torch import nn

from rnnscope.config import RNNConfig
from rnnscope.errors import CallError, SubjectError, UnknownNameError
from rnnscope.formats import known_format, render
from rnnscope.gating.recording import Loss, exact_difference, record
from rnnscope.gating.summary import TraceSummary, activity_of, first_not_finite, summary_of
from rnnscope.gating.trace import LayerTrace
from rnnscope.measuring.measurement import call_of, facts_of, weights_of
from rnnscope.measuring.randomness import preserved_torch_randomness
from rnnscope.prediction import predict
from rnnscope.printing import CODE
from rnnscope.reference.agreement import TOLERANCES, tensors_of
from rnnscope.reference.layer import weight_names
from rnnscope.report import Report
from rnnscope.results import LayerResult
from rnnscope.rules import examine
from rnnscope.subjects.gating import NotFinite
from rnnscope.torch_import import torch_version
from rnnscope.unobserved import tell, unobserved

if TYPE_CHECKING:
    from rich.console import RenderableType

    from rnnscope.findings import Finding

Traces = tuple[LayerTrace, ...]
_DRAWN = ("terminal", "full", "html", "svg", "markdown")
# Rounding grows with every step that a gradient goes back through: it is allowed this much more.
_GRADIENT_SLACK = 100


@dataclass(frozen=True, repr=False)
class Gates(Report):
    """What ``rnnscope.gates`` returns: ``seen["layer 0 forward"].forget`` is (L, N, H).

    ``difference`` is how far the recomputation is from the real layer, ``gradient_difference`` how
    far its gradient is, as a part of the largest; ``agrees`` says whether both are rounding.
    Where rounding in the layer's own dtype grew beyond what that allows, both are run in float64:
    then ``difference`` is theirs, and ``rounding`` what it had been.
    ``loss`` is the name of the loss, None without one.
    """

    traces: tuple[LayerTrace, ...] = field(default=(), repr=False)
    summaries: tuple[TraceSummary, ...] = ()
    gradient_difference: float | None = None
    rounding: float | None = None
    loss: str | None = None

    @property
    def difference(self) -> float:
        """The largest |difference| from a real layer: outputs, states, equations."""
        return self._worst.reference or 0.0

    @property
    def tolerance(self) -> float:
        """The difference that the dtype's rounding allows there."""
        return self._worst.tolerance

    @property
    def _worst(self) -> LayerResult:
        return max(self.layers, key=lambda layer: (layer.reference or 0.0) / layer.tolerance)

    @property
    def agrees(self) -> bool:
        """True when shapes, values and gradients are those of the real layer."""
        gradient = self.gradient_difference or 0.0
        rounded = self.rounding is not None or gradient <= _GRADIENT_SLACK * self.tolerance
        return super().agrees and rounded

    def __getitem__(self, name: str) -> LayerTrace:
        """The trace of this name, as in ``"layer 1 backward"``. Raises UnknownNameError."""
        found = next((trace for trace in self.traces if trace.name == name), None)
        if found is None:
            names = ", ".join(trace.name for trace in self.traces)
            raise UnknownNameError(f"there is no {name!r}: choose {names}.")
        return found

    def __iter__(self) -> Iterator[LayerTrace]:
        return iter(self.traces)

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of a report; ``gates`` are the numbers of each layer and direction."""
        gates = [_finite(asdict(summary)) for summary in self.summaries]
        gradient = _finite(self.gradient_difference)
        return {
            **super().to_dict(),
            "gates": gates,
            "gradient_difference": gradient,
            "rounding": self.rounding,
        }

    def to_text(self, format: str = "terminal", width: int = 80) -> str:
        """The gates in one of the formats. Raises UnknownNameError."""
        name = known_format(format)
        if name not in _DRAWN:
            return render(self, name, width)
        from rnnscope.formats.screen import text_of
        from rnnscope.gating.heatmap import figure
        from rnnscope.gating.page import page
        from rnnscope.gating.screen import renderable

        if name == "svg":
            return figure(self.traces)
        if name == "html":
            return page(self)
        text = text_of(renderable(self), width)
        return f"```text\n{text}\n```" if name == "markdown" else text

    def __rich__(self) -> RenderableType:
        from rnnscope.gating.screen import renderable

        return renderable(self)

    def in_full(self) -> RenderableType:
        """What rich prints: the gates have only one length."""
        return self

    def _repr_html_(self) -> str:
        from rnnscope.formats.screen import recorded
        from rnnscope.gating.heatmap import figure
        from rnnscope.gating.screen import renderable

        told = recorded(renderable(self, pictures=False), 80)
        return told.export_html(inline_styles=True, code_format=CODE) + figure(self.traces)


def _finite(value: object) -> Any:
    """JSON has no NaN and no infinity: null stands for them."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def gates_of_layer(
    module: nn.Module, input: object, hx: object = None, loss: Loss | None = None, path: str = ""
) -> Gates:
    """What a live recurrent layer's gates did, told to every watch. Raises as ``read_gates``."""
    gates = read_gates(module, input, hx, loss, path)
    tell(gates.findings)
    return gates


def read_gates(
    module: nn.Module, input: object, hx: object = None, loss: Loss | None = None, path: str = ""
) -> Gates:
    """Run a live recurrent layer and say what its gates did. Raises SubjectError, CallError."""
    config = RNNConfig.of(module)
    _require_torchs_own(module, config)
    _require_numbers(config, input)
    with unobserved(), preserved_torch_randomness():
        recording = record(module, config, input, hx, loss, path)
        difference, tolerance = recording.difference, TOLERANCES[config.dtype]
        rounding = difference if tolerance < difference < float("inf") else None
        if rounding is not None:
            difference = exact_difference(module, config, input, hx)
            tolerance = TOLERANCES["float64"]
    measured = facts_of(config, module, input, hx, recording.result)
    layer = LayerResult(
        predict(config, measured.call),
        measured=measured,
        reference=difference,
        tolerance=tolerance,
        paths=(path,) if path else (),
    )
    summaries = tuple(summary_of(trace) for trace in recording.traces)
    return Gates(
        (layer,),
        tuple(_findings(module, (input, hx), recording.traces, summaries)),
        torch_version(),
        traces=recording.traces,
        summaries=summaries,
        gradient_difference=recording.gradient_difference,
        rounding=rounding,
        loss=_name(loss),
    )


def gathered(parts: Sequence[Gates]) -> Gates:
    """The gates of several layers of a model as one report."""
    off = [part.gradient_difference for part in parts if part.gradient_difference is not None]
    rounding = [part.rounding for part in parts if part.rounding is not None]
    return replace(
        parts[0],
        layers=tuple(layer for part in parts for layer in part.layers),
        findings=tuple(finding for part in parts for finding in part.findings),
        traces=tuple(trace for part in parts for trace in part.traces),
        summaries=tuple(summary for part in parts for summary in part.summaries),
        gradient_difference=max(off, default=None),
        rounding=max(rounding, default=None),
        model=True,
    )


def _name(loss: Loss | None) -> str | None:
    name = getattr(loss, "__name__", "the loss").replace("_", " ")
    return None if loss is None else "the loss" if "<" in name else name


def _require_torchs_own(module: nn.Module, config: RNNConfig) -> None:
    if type(module).forward is not getattr(nn, config.kind).forward:
        raise SubjectError(
            f"{type(module).__name__} has a forward of its own, and other gates perhaps: give the "
            f"nn.{config.kind} itself."
        )


def _require_numbers(config: RNNConfig, input: object) -> None:
    if config.device == "meta":
        raise CallError("a layer on the meta device has shapes and no numbers: move it to the cpu.")
    if config.dtype.startswith("complex"):
        raise CallError(f"gates of {config.dtype} have no order: give a layer of a real dtype.")
    if call_of(config, input).batch == 0:
        raise CallError("a batch of no samples has no gates: give at least one sample.")


def _findings(
    module: nn.Module,
    given: tuple[object, object],
    traces: Traces,
    summaries: tuple[TraceSummary, ...],
) -> Iterator[Finding]:
    first = first_not_finite(traces)
    for trace, summary in zip(traces, summaries, strict=True):
        broken: NotFinite | None = None
        if first is not None and first[0] is trace:
            broken = replace(first[1], source=_source(module, given, trace))
        yield from examine(activity_of(trace, summary, broken))


def _source(module: nn.Module, given: tuple[object, object], trace: LayerTrace) -> str | None:
    """What had a value that is no number before this layer computed anything."""
    weights, own = weights_of(module), weight_names(trace.config, trace.layer, trace.direction)
    named: list[tuple[str, Any]] = [(name, weights[name]) for name in own if name is not None]
    named += zip(("the input", "the initial state"), given, strict=True)
    return next((name for name, value in named if not _all_numbers(value)), None)


def _all_numbers(value: object) -> bool:
    tensors = () if value is None else tensors_of([value])
    return all(bool(tensor.isfinite().all()) for tensor in tensors)
