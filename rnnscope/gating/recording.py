"""The real layer and the reference on one input: the gates of every step, once both agree.

The reference runs as it is written and remembers the states before and after each step. Then the
very equations that rnnscope prints are computed once, on all steps at a time: what they say of
``h_t`` and ``c_t`` must be what the steps had, and that must be what the real layer returns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from rnnscope.config import RNNConfig
from rnnscope.errors import CallError
from rnnscope.gating.trace import LayerTrace, Rows
from rnnscope.measuring.measurement import weights_of
from rnnscope.reference.agreement import tensors_of, undisturbed
from rnnscope.reference.cells import STEPS, State, Weights
from rnnscope.reference.equation_interpreter import gates_of
from rnnscope.reference.layer import Layer, weights_by_layer
from rnnscope.reference.stack import Plain

Loss = Callable[..., Tensor]
Norms = dict[tuple[int, str], dict[str, Tensor]]  # of each layer and direction, for each state


class Remembering(Plain):
    """The cell as it is, and the states around each of its steps."""

    def prepare(self, data: Tensor, w: Weights) -> Tensor:
        self.data, self.weights = data, w
        self.before: dict[int, State] = {}
        self.after: dict[int, State] = {}
        return super().prepare(data, w)

    def step(self, x: Tensor, state: State, w: Weights, time: int) -> State:
        self.before[time] = state
        self.after[time] = super().step(x, state, w, time)
        return self.after[time]

    @property
    def steps(self) -> range:
        """The time steps, first to last, whatever the direction."""
        return range(len(self.after))


@dataclass(frozen=True, slots=True, eq=False)
class Remembered(Layer):
    """A whole layer of remembering cells, by layer and direction."""

    cells: dict[tuple[int, str], Remembering] = field(default_factory=dict)

    def _recurrence(self, layer: int, direction: str) -> Remembering:
        cell = Remembering(STEPS[self.config.cell.name, self.config.nonlinearity])
        return self.cells.setdefault((layer, direction), cell)


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """The traces, what the real layer returned, and how far the two are apart.

    ``difference`` is the largest |difference| of outputs, states and equations;
    ``gradient_difference`` that of the gradient of the input, as a part of its largest value,
    None without a loss.
    """

    traces: tuple[LayerTrace, ...]
    result: Any
    difference: float
    gradient_difference: float | None = None


def record(
    module: nn.Module, config: RNNConfig, input: Any, hx: Any, loss: Loss | None, path: str = ""
) -> Recording:
    """Run the layer and the reference, without dropout; the layer is left as it was.

    ``loss`` gets what the layer returns as its arguments, and returns a scalar. Raises CallError,
    and what torch raises for an input that it refuses.
    """
    layer = Remembered(config, weights_by_layer(config, weights_of(module).__getitem__))
    with undisturbed(module), torch.set_grad_enabled(loss is not None), _differentiable():
        given = input if loss is None else _leaf(input)
        real, again = module.forward(given, hx), layer(given, hx)
        norms: Norms = {}
        gradient_difference = None
        if loss is not None:
            norms, gradient_difference = _gradients(layer, given, real, again, loss)
    with torch.no_grad():
        rows = _rows(layer, input)
        traced = []
        for place in list(layer.cells):  # one at a time: what a traced cell remembers is let go
            cell = layer.cells.pop(place)
            trace, own = _trace(config, place, cell, rows, norms.get(place, {}))
            traced.append((replace(trace, path=path), own))
        difference = max(_apart(real, again), *(own for _, own in traced))
    traces = tuple(trace for trace, _ in traced)
    return Recording(traces, real, difference, gradient_difference)


def exact_difference(module: nn.Module, config: RNNConfig, input: object, hx: object) -> float:
    """The difference of the two on copies in float64, where rounding is a billion times smaller.

    A difference that is rounding, grown over a thousand steps, shrinks with it; any other stays.
    """
    double = config.with_options(dtype="float64")
    return record(deepcopy(module).double(), double, _double(input), _double(hx), None).difference


def _double(value: Any) -> Any:
    """The same tensor, packed sequence or pair of states in float64."""
    if isinstance(value, tuple) and not isinstance(value, PackedSequence):
        return tuple(_double(item) for item in value)
    return value if value is None else value.to(torch.float64)


@contextmanager
def _differentiable() -> Iterator[None]:
    """cuDNN has no gradient in evaluation mode; torch's own kernels, the same function, have."""
    if not torch.is_grad_enabled() or not torch.cuda.is_available():
        yield
        return
    with torch.backends.cudnn.flags(enabled=False, allow_tf32=False):
        yield


def _leaf(input: Any) -> Any:
    """The same input as the beginning of a graph of our own."""
    if not isinstance(input, PackedSequence):
        return input.detach().requires_grad_()
    data = input.data.detach().requires_grad_()
    return PackedSequence(data, input.batch_sizes, input.sorted_indices, input.unsorted_indices)


def scalar(loss: Loss, result: object) -> Tensor:
    """What a loss makes of the items of a result. Raises CallError if that is no one number."""
    found: object = loss(*result) if isinstance(result, tuple) else loss(result)
    if isinstance(found, Tensor) and found.numel() == 1 and found.requires_grad:
        return found.sum()
    what = type(found).__name__
    if isinstance(found, Tensor):
        what = f"tensor of shape {tuple(found.shape)}"
        what += "" if found.requires_grad else " without gradient"
    raise CallError(f"the loss is a {what}: return one number that is computed from the results.")


def _gradients(
    layer: Remembered, input: object, real: object, again: object, loss: Loss
) -> tuple[Norms, float]:
    """The norm of the gradient of each state by step, and how far the real layer's own is off.

    The gradients that the loss gives the results go back through the real layer as well, so that
    the loss is called once. No parameter's ``grad`` is touched.
    """
    value = scalar(loss, again)
    results = list(tensors_of(again))
    states = [s for cell in layer.cells.values() for t in cell.steps for s in cell.after[t]]
    (x,) = tensors_of([input])
    found = torch.autograd.grad(value, [*results, *states, x], allow_unused=True)
    of_results, of_states = found[: len(results)], iter(found[len(results) : -1])
    norms = {place: _norms(layer, cell, of_states) for place, cell in layer.cells.items()}
    used = [(r, g) for r, g in zip(tensors_of(real), of_results, strict=True) if g is not None]
    ours = found[-1]
    if ours is None or not used:
        return norms, 0.0
    (theirs,) = torch.autograd.grad([r for r, _ in used], [x], [g for _, g in used])
    largest = float(theirs.abs().max())
    return norms, _apart(theirs, ours) / (largest or 1.0)


def _norms(
    layer: Remembered, cell: Remembering, gradients: Iterator[Tensor | None]
) -> dict[str, Tensor]:
    """(L,) for each state: the norm over samples and units of the gradient at each step."""
    found = [[next(gradients) for _ in layer.config.cell.states] for _ in cell.steps]
    norms = cell.data.new_zeros(len(found), len(found[0]))
    for step, of_step in enumerate(found):
        for place, gradient in enumerate(of_step):
            norms[step, place] = 0 if gradient is None else gradient.norm()
    return dict(zip(layer.config.cell.states, norms.unbind(1), strict=True))


def _rows(layer: Remembered, input: object) -> Rows:
    cell = next(iter(layer.cells.values()))
    sizes = tuple(len(cell.after[t][0]) for t in cell.steps)
    return Rows(sizes, input.unsorted_indices if isinstance(input, PackedSequence) else None)


def _trace(
    config: RNNConfig,
    place: tuple[int, str],
    cell: Remembering,
    rows: Rows,
    norms: dict[str, Tensor],
) -> tuple[LayerTrace, float]:
    """The gates of all steps at once, and how far the equations are from the steps' own states."""
    letters = gates_of(config, cell.data, _together(cell.before), cell.weights)
    after = zip(config.cell.states, _together(cell.after), strict=True)
    own = max(_apart(letters[state], rows) for state, rows in after)
    letters = {letter: value.detach() for letter, value in letters.items()}
    return LayerTrace(config, *place, rows, letters, norms), own


def _together(states: dict[int, State]) -> State:
    """The states of all steps, first to last, with a row for each sample of each step."""
    return tuple(
        torch.cat(steps) for steps in zip(*(states[t] for t in sorted(states)), strict=True)
    )


def _apart(first: object, second: object) -> float:
    """The largest |difference| where both are numbers; infinite where only one of them is."""
    pairs = zip(tensors_of([first]), tensors_of([second]), strict=True)
    return max(_largest_difference(a, b) for a, b in pairs)


def _largest_difference(a: Tensor, b: Tensor) -> float:
    largest = float((a - b).abs_().max())
    if isfinite(largest):
        return largest
    finite = a.isfinite()
    if not finite.equal(b.isfinite()):
        return float("inf")
    return float((a - b)[finite].abs().max()) if finite.any() else 0.0
