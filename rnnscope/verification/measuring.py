"""The numbers of a verified layer: largest differences from torch's, and how much slower it is."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from rnnscope.verification.mapping import Mapping
from rnnscope.verification.oracle import Oracle, states
from rnnscope.verification.probe import Outcome, Probe, largest
from rnnscope.verification.runner import Runner

_ROUNDS = 5  # of which the median is told
_STEPS, _BATCH = 20, 8  # enough for the loop over steps to outweigh the call around it


@dataclass(frozen=True, slots=True)
class Differences:
    """The largest absolute differences, each None where there is nothing to compare."""

    outputs: float | None
    states: float | None
    gradients: float | None

    @property
    def largest(self) -> float:
        """The largest of all."""
        return max(
            value for value in (self.outputs, self.states, self.gradients, 0.0) if value is not None
        )


def measure(
    runner: Runner, oracle: Oracle, mapping: Mapping, probe: Probe, given: bool
) -> Differences:
    """Copy random weights of torch's into the layer and compare everything, gradients included."""
    weights = oracle.random(3)
    with torch.no_grad():
        own = mapping.from_torch(weights, runner.values())
    ours, theirs = runner(own, probe, given), oracle(weights, probe, given)
    a, b = ours.tensors(), theirs.tensors()
    finals = [largest(a[name], b[name]) for name in ("h_n", "c_n") if name in a]
    return Differences(
        largest(a["output"], b["output"]) if "output" in a else None,
        max(finals) if finals else None,
        _gradients(runner, oracle, mapping, probe, given, tuple(a)),
    )


def _gradients(
    runner: Runner,
    oracle: Oracle,
    mapping: Mapping,
    probe: Probe,
    given: bool,
    names: tuple[str, ...],
) -> float | None:
    """The largest difference of any gradient: of input, states and parameters."""
    if not isinstance(runner.layer, nn.Module) or probe.tokens is not None:
        return None
    leaves = {name: t for name, t in runner.weights.items() if t.requires_grad and t.is_leaf}
    if set(leaves) != set(runner.weights):
        return None

    def read(at: Probe) -> Outcome:
        return runner.read(at, given).outcome

    def expected(at: Probe) -> Outcome:
        output, final = oracle.module(at.x, states(at)) if given else oracle.module(at.x)
        h_n, c_n = final if isinstance(final, tuple) else (final, None)
        return Outcome(output, h_n, c_n)

    with torch.enable_grad():
        mine, inputs = _pulled(read, leaves, probe, given, names)
        real: dict[str, Tensor] = {}
        real.update(oracle.module.named_parameters())
        theirs, wanted = _pulled(expected, real, probe, given, names)
        inside = mapping.from_torch(theirs, {k: torch.zeros_like(v) for k, v in leaves.items()})
    gaps = [largest(inputs[name], wanted[name]) for name in inputs]
    single = {p.parameter for p in mapping.placements if _one_block_each(p.grid)}
    gaps += [largest(mine[name], inside[name]) for name in mine if name in single]
    return max(gaps)


def _one_block_each(grid: tuple[tuple[Any, ...], ...]) -> bool:
    """Gradients of summed biases are compared through the other parameters."""
    return all(part and len(part) == 1 for row in grid for part in row)


def _pulled(
    function: Callable[[Probe], Outcome], parameters: dict[str, Tensor], probe: Probe, given: bool,
    names: tuple[str, ...],
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:  # fmt: skip
    """Gradients of one weighed sum of all results: of the parameters, and of input and states."""
    inputs: dict[str, Any] = {"x": probe.x.detach().clone().requires_grad_()}
    if given:
        inputs["h_0"] = probe.h_0.detach().clone().requires_grad_()
        if probe.c_0 is not None:
            inputs["c_0"] = probe.c_0.detach().clone().requires_grad_()
    vector = function(replace(probe, **inputs)).vector(names)
    total = (vector * torch.linspace(-1, 1, vector.numel(), dtype=vector.dtype)).sum()
    every = [*parameters.values(), *inputs.values()]
    found = torch.autograd.grad(total, every, allow_unused=True)
    whole = [
        torch.zeros_like(v) if g is None else g.detach() for g, v in zip(found, every, strict=True)
    ]
    count = len(parameters)
    return dict(zip(parameters, whole[:count], strict=True)), dict(
        zip(inputs, whole[count:], strict=True)
    )


@dataclass(frozen=True, slots=True)
class Speed:
    """Seconds of one call of the layer and of torch's, medians of several in turn, no gradients."""

    ours: float
    theirs: float
    steps: int = _STEPS
    batch: int = _BATCH

    @property
    def ratio(self) -> float:
        """How many times slower than torch's own."""
        return self.ours / self.theirs

    def __str__(self) -> str:
        words = "times slower than" if self.ratio >= 1 else "of the time of"
        return (
            f"{self.ratio:.2g} {words} torch's own here: {_milliseconds(self.ours)} against "
            f"{_milliseconds(self.theirs)} (L={self.steps}, N={self.batch}, no gradients)"
        )


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.2g} ms" if seconds < 0.1 else f"{seconds:.2g} s"


def speed(runner: Runner, oracle: Oracle, probe: Probe) -> Speed:
    """Time both on the same input, taking turns. The probe's sizes are repeated to L=20, N=8."""
    x = probe.x.repeat(-(-_STEPS // probe.seq_len), -(-_BATCH // probe.batch), 1)[:_STEPS, :_BATCH]
    h_0, c_0 = _widened(probe.h_0), None if probe.c_0 is None else _widened(probe.c_0)
    longer = replace(probe, x=x.contiguous(), h_0=h_0, c_0=c_0)
    if probe.tokens is not None:
        tokens = probe.tokens.repeat(_STEPS, _BATCH)[:_STEPS, :_BATCH]
        longer = replace(longer, tokens=tokens)
    given = bool(runner.convention and runner.convention.passing)
    taken: list[tuple[float, float]] = []
    with torch.no_grad():
        for _ in range(_ROUNDS):
            start = time.perf_counter()
            runner.read(longer, given)
            middle = time.perf_counter()
            oracle.module(longer.x, states(longer))
            taken.append((middle - start, time.perf_counter() - middle))
    ours, theirs = zip(*taken, strict=True)
    return Speed(statistics.median(ours), statistics.median(theirs))


def _widened(state: Tensor) -> Tensor:
    return state.repeat(1, -(-_BATCH // state.shape[1]), 1)[:, :_BATCH].contiguous()
