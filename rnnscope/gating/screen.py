"""What a terminal shows of the gates: the agreement, numbers, pictures of half blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, isfinite, isnan, log10
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.style import Style
from rich.text import Text

from rnnscope.formats.findings import FindingText
from rnnscope.formats.palette import BAD, GOOD, TITLE
from rnnscope.formats.screen import Columns
from rnnscope.gating.heatmap import Heat, heat_of
from rnnscope.gating.summary import THRESHOLDS, TraceSummary
from rnnscope.gating.trace import LayerTrace, by_layer

if TYPE_CHECKING:
    from rnnscope.gating.report import Gates

_LABEL = 11  # columns for the name of a gate
_NARROWEST = 12  # columns of a picture; a further layer goes below
_ROWS = 5  # lines of a picture: twice as many units where there are colours
_RAMP = " .:-=+*#%@"
_BLOCKS = "▁▂▃▄▅▆▇█"


PICTURE = "Mean over the samples, time across, units down"


def renderable(gates: Gates, pictures: bool = True) -> RenderableType:
    """The whole screen; without ``pictures`` only what is text."""
    parts: list[RenderableType] = [*head(gates)]
    for finding in gates.findings:
        parts += [Text(), FindingText(finding)]
    for summary, trace in zip(gates.summaries, gates.traces, strict=True):
        parts += [Text(f"\n{summary.name}", TITLE), *_told(summary, trace)]
    parts += [Text(), *map(Text, reasons(gates.summaries))]
    if pictures:
        parts += [Text(f"\n{PICTURE}", TITLE), _Maps(gates)]
    return Group(*parts)


def head(gates: Gates) -> Iterator[Text]:
    """What was run, and whether its recomputation agrees with it."""
    for trace in (of_layer[0] for of_layer in by_layer(gates.traces)):
        steps, samples = len(trace.rows.sizes), trace.rows.sizes[0]
        words = f": the gates of {steps} step{'s' * (steps != 1)}, {samples} sample"
        name = f"{trace.path} {trace.config}".lstrip()
        yield Text.assemble((name, TITLE), words + "s" * (samples != 1))
    good = bool(gates.agrees)
    verdict = "agrees with" if good else "differs from"
    text = f" recomputed openly, it {verdict} the real layer: {gates.difference:.1e}"
    allowed = f" (rounding: {gates.tolerance:.0e})"
    yield Text.assemble(("✓" if good else "✗", GOOD if good else BAD), text, allowed)
    if gates.rounding is not None:
        dtype = gates.traces[0].config.dtype
        yield Text(f"  run in float64, since in {dtype} rounding grew to {gates.rounding:.1e}")
    if gates.gradient_difference is not None:
        off = f"{gates.gradient_difference:.1e} of the largest"
        yield Text(f"  so does the gradient of {gates.loss} for the input: {off}")


def _told(summary: TraceSummary, trace: LayerTrace) -> Iterator[RenderableType]:
    names, rows = numbers(summary, trace)
    table = Columns("l" + "r" * (len(names) - 1), head=names)
    for row in rows:
        table.add(*row)
    yield Padding(table, (0, 0, 0, 2))
    yield Padding(Text("\n".join(lines(summary, trace))), (0, 0, 0, 2))


def numbers(summary: TraceSummary, trace: LayerTrace) -> tuple[list[str], list[list[str]]]:
    """The head and the rows of a table: each gate's mean, its ends, and three of its steps."""
    steps = len(trace.rows.sizes)
    shown = sorted({0, steps // 2, steps - 1})
    rows = []
    for gate in summary.gates:
        shares = ["" if share is None else f"{share:.0%}" for share in (gate.low, gate.high)]
        at = [f"{gate.mean_by_step[step]:.3f}" for step in shown]
        rows.append([gate.name, f"{gate.mean:.3f}", *shares, *at])
    return ["gate", "mean", "low", "high", *(f"t={step}" for step in shown)], rows


def lines(summary: TraceSummary, trace: LayerTrace) -> Iterator[str]:
    """How long it remembers, its dead units, and the gradient's way back."""
    longest = summary.longest_memory
    if summary.memory is not None and longest is not None and not isnan(longest):
        yield (
            f"memory {summary.memory:.1f} steps, 1/(1 - mean {trace.config.cell.keeps}); "
            f"of the most patient unit {longest:.1f}"
        )
    if summary.dead is None:
        yield "dead units: too few steps and samples to tell"
    else:
        yield f"dead units: {summary.dead} of {summary.units}"
    for state, norms in summary.gradient.items():
        first, last = norms[0], norms[-1]
        curve = _curve(norms, 30)
        yield f"gradient of {state}  t=0 {first:.1e} {curve} {last:.1e} t={len(norms) - 1}"


def _curve(norms: Sequence[float], width: int) -> str:
    """The powers of ten of the norms, as heights; a dot for no gradient at all."""
    size = ceil(len(norms) / width)
    largest = [max(norms[i : i + size]) for i in range(0, len(norms), size)]
    powers = [log10(n) if n > 0 and isfinite(n) else None for n in largest]
    known = [p for p in powers if p is not None]
    low, high = min(known, default=0), max(known, default=0)
    top = len(_BLOCKS) - 1
    return "".join(
        "·" if p is None else _BLOCKS[round(top * (p - low) / (high - low)) if high > low else top]
        for p in powers
    )


def reasons(summaries: Sequence[TraceSummary]) -> Iterator[str]:
    """Where low and high begin, and why there."""
    used = {gate.activation for summary in summaries for gate in summary.gates}
    for activation, (low, high, why) in THRESHOLDS.items():
        if activation in used:
            above = f", high from {high}" if isfinite(high) else ""
            yield f"{activation}: low is up to {low}{above}: {why}"


class _Maps:
    """Small multiples: a row for each gate, a column for each layer and direction."""

    def __init__(self, gates: Gates) -> None:
        self.traces = gates.traces

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        room = options.max_width - _LABEL
        coloured = console.color_system is not None and not options.ascii_only
        for traces in by_layer(self.traces):
            if traces[0].path:
                yield Text(f"\n{traces[0].path}", TITLE)
            beside = max(1, min(len(traces), room // (_NARROWEST + 2)))
            width = min(room // beside - 2, max(len(t.rows.sizes) for t in traces))
            for start in range(0, len(traces), beside):
                yield from _block(traces[start : start + beside], max(width, 5), coloured)


def _block(traces: Sequence[LayerTrace], width: int, coloured: bool) -> Iterator[Text]:
    gap = max(width, _NARROWEST + 2) + 2 if len(traces) > 1 else width
    short = [f"l{trace.layer} {trace.direction}" for trace in traces]
    yield Text("\n" + " " * _LABEL + "".join(name.ljust(gap) for name in short).rstrip())
    for letter in traces[0].letters:
        heats = [heat_of(t, letter, _ROWS * (1 + coloured), width) for t in traces]
        panels = [(_half_blocks if coloured else _characters)(heat) for heat in heats]
        labels = [heats[0].name, heats[0].scale if heats[0].high == 1 else ""]
        for row, cells in enumerate(zip(*panels, strict=True)):
            line = Text((labels[row] if row < 2 else "").ljust(_LABEL)[:_LABEL])
            for cell in cells:
                line.append_text(cell).append(" " * (gap - len(cell)))
            yield line
        yield Text()
    ends = f"t=0{f't={len(traces[0].rows.sizes) - 1}'.rjust(width - 3)}" if width > 8 else "t=0"
    yield Text(" " * _LABEL + ends)
    if not coloured:
        yield Text(f"{' ' * _LABEL}from low to high: '{_RAMP}', ! is no number")


def _half_blocks(heat: Heat) -> list[Text]:
    """Two units in a line: the upper one in the foreground of ▀, the lower in its background."""
    lines = []
    for place in range(0, len(heat.values), 2):
        upper, lower = heat.values[place], heat.values[place + 1 : place + 2]
        line = Text()
        for step, value in enumerate(upper):
            below = _rgb(heat, lower[0][step]) if lower else None
            line.append("▀", Style(color=_rgb(heat, value), bgcolor=below))
        lines.append(line)
    return lines


def _rgb(heat: Heat, value: float) -> str:
    return "#{:02x}{:02x}{:02x}".format(*heat.colour(value))


def _characters(heat: Heat) -> list[Text]:
    top = len(_RAMP) - 1
    shares = [[heat.share(value) for value in row] for row in heat.values]
    return [
        Text("".join(_RAMP[round(s * top)] if isfinite(s) else "!" for s in row)) for row in shares
    ]
