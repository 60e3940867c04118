"""What is so about one layer: parameters, tensors, cost; the same type predicted and measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rnnscope.axes import Axes
from rnnscope.call import Call
from rnnscope.cells import Gate
from rnnscope.config import RNNConfig


@dataclass(frozen=True, slots=True)
class GateRows:
    """The rows of one gate in a stacked parameter: from ``start`` up to, not including, ``stop``.

    ``block`` is the name of that part in the torch.nn formulas: W_ii, W_hf, b_in, …
    """

    block: str
    gate: Gate
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class ParameterFact:
    """One parameter: its shape, its place in the stack, and which rows are which gate.

    ``gate_multiple`` is None for weight_hr, the only parameter that does not stack gates.
    ``layer`` counts from 0; ``direction`` is "forward" or "backward".
    """

    name: str
    axes: Axes
    layer: int
    direction: str
    gate_multiple: int | None
    rows: tuple[GateRows, ...]
    dtype: str
    nbytes: int

    @property
    def shape(self) -> tuple[int, ...]:
        return self.axes.shape

    @property
    def numel(self) -> int:
        return self.axes.numel


@dataclass(frozen=True, slots=True)
class TensorFact:
    """One tensor of a call. ``given`` is False for a state that torch makes of zeros itself."""

    name: str
    axes: Axes
    dtype: str
    given: bool = True

    @property
    def shape(self) -> tuple[int, ...]:
        return self.axes.shape


@dataclass(frozen=True, slots=True)
class PackedFact:
    """What a PackedSequence holds besides its data, and what it becomes when padded again.

    ``sorted_indices`` and ``unsorted_indices`` are None when the lengths were already sorted and
    packed with enforce_sorted=True.
    """

    batch_sizes: tuple[int, ...]
    sorted_indices: tuple[int, ...] | None
    unsorted_indices: tuple[int, ...] | None
    real_steps: int
    padded_steps: int
    padded_output: Axes


@dataclass(frozen=True, slots=True)
class StateSlot:
    """What index ``index`` of the first axis of h_0, c_0, h_n and c_n stands for."""

    index: int
    layer: int
    direction: str


@dataclass(frozen=True, slots=True)
class LayerFacts:
    """Everything about one layer and one call of it.

    ``macs`` are the multiply-accumulates of one forward: matrix products over real steps only,
    without bias and elementwise work, as ``torch.utils.flop_counter`` counts (2 flops each);
    None where they were not counted. ``tensors`` is empty when only the parameters are known.
    """

    config: RNNConfig
    call: Call
    parameters: tuple[ParameterFact, ...]
    tensors: tuple[TensorFact, ...]
    slots: tuple[StateSlot, ...]
    packed: PackedFact | None
    macs: int | None

    @property
    def parameter_count(self) -> int:
        return sum(parameter.numel for parameter in self.parameters)

    @property
    def parameter_bytes(self) -> int:
        return sum(parameter.nbytes for parameter in self.parameters)

    def parameter(self, name: str) -> ParameterFact | None:
        """The parameter of this name, or None."""
        return next((p for p in self.parameters if p.name == name), None)

    def tensor(self, name: str) -> TensorFact | None:
        """The tensor of this name, or None."""
        return next((t for t in self.tensors if t.name == name), None)


@dataclass(frozen=True, slots=True)
class Difference:
    """One field in which two facts disagree, such as ``weight_ih_l0`` and ``shape``."""

    name: str
    field: str
    expected: object
    actual: object


def differences(expected: LayerFacts, actual: LayerFacts) -> tuple[Difference, ...]:
    """Every field in which measured facts disagree with predicted ones; empty when all agree.

    Symbols and roles cannot be measured, so shapes are compared as numbers. Tensors are compared
    only if any were measured. Sequences of equal length may be packed in any order, so that the
    lengths in packed order are compared, not the rows.
    """
    parameters = _compare(expected.parameters, actual.parameters, ("shape", "dtype", "nbytes"))
    if not actual.tensors:
        return tuple(parameters)
    return (
        *parameters,
        *_compare(expected.tensors, actual.tensors, ("shape", "dtype")),
        *_compare_packed(expected.packed, actual.packed, expected.call.lengths or ()),
    )


def _compare(
    expected: tuple[ParameterFact, ...] | tuple[TensorFact, ...],
    actual: tuple[ParameterFact, ...] | tuple[TensorFact, ...],
    fields: tuple[str, ...],
) -> Iterator[Difference]:
    names, others = [e.name for e in expected], [a.name for a in actual]
    if names != others:
        yield Difference("names", "order", tuple(names), tuple(others))
    found = {a.name: a for a in actual}
    for fact in expected:
        for field in fields if fact.name in found else ():
            want, got = getattr(fact, field), getattr(found[fact.name], field)
            if want != got:
                yield Difference(fact.name, field, want, got)


def _compare_packed(
    expected: PackedFact | None, actual: PackedFact | None, lengths: tuple[int, ...]
) -> Iterator[Difference]:
    if expected is None or actual is None:
        if expected is not actual:
            yield Difference("input", "packed", expected is not None, actual is not None)
        return
    for field in ("batch_sizes", "real_steps"):
        want, got = getattr(expected, field), getattr(actual, field)
        if want != got:
            yield Difference("input", field, want, got)
    if _packed_lengths(expected, lengths) != _packed_lengths(actual, lengths):
        yield Difference("input", "sorted_indices", expected.sorted_indices, actual.sorted_indices)
    if not _inverse(actual.sorted_indices, actual.unsorted_indices):
        yield Difference(
            "input", "unsorted_indices", expected.unsorted_indices, actual.unsorted_indices
        )
    if expected.padded_output.shape != actual.padded_output.shape:
        yield Difference(
            "output", "padded", expected.padded_output.shape, actual.padded_output.shape
        )


def _packed_lengths(packed: PackedFact, lengths: tuple[int, ...]) -> list[int]:
    """The lengths in packed order; no indices mean the order in which they came."""
    order = packed.sorted_indices
    return list(lengths) if order is None else [lengths[row] for row in order]


def _inverse(order: tuple[int, ...] | None, back: tuple[int, ...] | None) -> bool:
    if order is None or back is None:
        return order is back
    return all(back[row] == place for place, row in enumerate(order))
