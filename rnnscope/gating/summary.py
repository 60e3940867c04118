"""Numbers about a trace: means and saturation by step, dead units, memory, the gradient's way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from rnnscope.gating.trace import WORDS, LayerTrace
from rnnscope.subjects.gating import Activity, NotFinite

# Beyond these a gate is saturated, and the reason why. relu has one flat side, the states none.
THRESHOLDS: Mapping[str, tuple[float, float, str]] = {
    "sigmoid": (0.05, 0.95, "there sigmoid's slope is below a fifth of its largest"),
    "tanh": (-0.95, 0.95, "there tanh's slope is below a tenth of its largest"),
    "relu": (0.0, float("inf"), "there relu's slope is 0"),
}
# A unit whose h moves less than this over all steps and samples tells the next layer nothing.
DEAD = 1e-3
# Fewer rows than this may be alike by chance.
_ENOUGH_ROWS = 10


@dataclass(frozen=True, slots=True)
class GateSummary:
    """One gate or state over all samples and units: at all real steps, and step by step.

    ``low`` and ``high`` are shares beyond ``below`` and ``above``; None for a state.
    """

    name: str
    activation: str | None
    mean: float
    low: float | None
    high: float | None
    below: float | None
    above: float | None
    mean_by_step: tuple[float, ...]
    low_by_step: tuple[float, ...]
    high_by_step: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TraceSummary:
    """One layer in one direction.

    ``memory`` is 1/(1 - mean f): in so many steps a constant gate forgets all but 1/e of a state;
    ``longest_memory`` that of its most patient unit; None without a gate that keeps. ``dead`` are
    the units whose h stands still; None for too few steps to tell. ``gradient`` is the norm by
    step, for each state.
    """

    name: str
    gates: tuple[GateSummary, ...]
    units: int
    dead: int | None
    memory: float | None
    longest_memory: float | None
    gradient: Mapping[str, tuple[float, ...]]


def summary_of(trace: LayerTrace) -> TraceSummary:
    """Everything that the report says of a trace in numbers."""
    h, keeps = trace.of("h"), trace.config.cell.keeps
    kept = trace.letters[keeps].mean(0) if keeps else None
    return TraceSummary(
        name=trace.name,
        gates=tuple(_gate(trace, letter) for letter in trace.letters),
        units=h.shape[1],
        dead=int((h.amax(0) - h.amin(0) < DEAD).sum()) if len(h) >= _ENOUGH_ROWS else None,
        memory=None if kept is None else _memory(kept.mean()),
        longest_memory=None if kept is None else _memory(kept.max()),
        gradient={state: tuple(norms.tolist()) for state, norms in trace.gradient.items()},
    )


def _memory(kept: Tensor) -> float:
    return 1 / (1 - float(kept)) if float(kept) != 1 else float("inf")


def _gate(trace: LayerTrace, letter: str) -> GateSummary:
    rows, activation = trace.letters[letter], activation_of(trace, letter)
    below, above, _ = THRESHOLDS.get(activation or "", (None, None, ""))
    low = None if below is None else _share(trace, rows <= below)
    high = None if above is None else _share(trace, rows >= above)
    return GateSummary(
        name=WORDS[letter],
        activation=activation,
        mean=float(rows.mean()),
        low=low and low[0],
        high=high and high[0],
        below=below,
        above=above,
        mean_by_step=tuple(trace.rows.by_step(rows).mean(1).tolist()),
        low_by_step=low[1] if low else (),
        high_by_step=high[1] if high else (),
    )


def _share(trace: LayerTrace, true: Tensor) -> tuple[float, tuple[float, ...]]:
    """How many are true, as a part of all: at all steps, and at each."""
    steps = true.split_with_sizes(list(trace.rows.sizes))
    by_step = torch.stack([step.float().mean() for step in steps])
    return int(true.sum()) / true.numel(), tuple(by_step.tolist())


def activation_of(trace: LayerTrace, letter: str) -> str | None:
    """sigmoid, tanh or relu; None for a state that no activation has the last word on."""
    gate = next((gate for gate in trace.config.cell.gates if gate.letter == letter), None)
    if gate is None:
        return None
    return trace.config.nonlinearity if gate.activation == "nonlinearity" else gate.activation


def activity_of(trace: LayerTrace, summary: TraceSummary, not_finite: NotFinite | None) -> Activity:
    """The subject of the rules."""
    keeps = trace.config.cell.keeps
    forgets = keeps is not None and float(trace.letters[keeps].max()) < THRESHOLDS["sigmoid"][0]
    norms = summary.gradient.values()
    first, last = (max((n[t] for n in norms), default=0.0) for t in _ends(trace))
    return Activity(
        kind=trace.config.kind,
        name=trace.name,
        order=_ends(trace),
        units=summary.units,
        dead=summary.dead,
        forgetting=WORDS[keeps] if keeps and forgets else None,
        gradient=(first, last) if norms else None,
        not_finite=not_finite,
    )


def _ends(trace: LayerTrace) -> tuple[int, int]:
    """The first and the last time step, in the direction's own order."""
    return trace.order[0], trace.order[-1]


def first_not_finite(traces: tuple[LayerTrace, ...]) -> tuple[LayerTrace, NotFinite] | None:
    """Where the first NaN or infinity is computed: the lowest layer, its first step, its gate."""
    for trace in traces:
        seen = [(_first_step(trace, rows), place) for place, rows in enumerate(_all(trace))]
        order = list(trace.order)
        found = [(order.index(step), place) for step, place in seen if step is not None]
        if found:
            turn, place = min(found)
            return trace, NotFinite(order[turn], trace.words[place])
    return None


def _all(trace: LayerTrace) -> tuple[Tensor, ...]:
    return tuple(trace.letters.values())


def _first_step(trace: LayerTrace, rows: Tensor) -> int | None:
    """The first step, in the direction's own order, with a value that is no number."""
    bad = (~rows.isfinite()).any(1)
    if not bad.any():
        return None
    steps = [bool(step.any()) for step in bad.split_with_sizes(list(trace.rows.sizes))]
    return next(step for step in trace.order if steps[step])
