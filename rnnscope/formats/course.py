"""For course notes: an equation as LaTeX, and the unrolled layer as a Mermaid flowchart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from rnnscope.facts import LayerFacts

# More layers than these are drawn as the first and the last.
_MOST_LAYERS = 4
_FUNCTIONS = {"sigmoid": r"\sigma", "tanh": r"\tanh", "relu": r"\mathrm{ReLU}"}


def latex(equation: str) -> str:
    """An equation of a cell as LaTeX writes it.

    >>> latex("c_t = f_t * c_(t-1) + i_t * g_t")
    'c_t = f_t \\\\odot c_{t-1} + i_t \\\\odot g_t'
    """
    text = re.sub(r"_\(t([-+])1\)", r"_{t\g<1>1}", equation)
    text = re.sub(r"\b([Wb])_(\w+)", r"\1_{\2}", text)
    for name, command in _FUNCTIONS.items():
        text = text.replace(name, command)
    return text.replace(" * ", r" \odot ")


def flowchart(facts: LayerFacts) -> Iterator[str]:
    """The first steps and the last one: input below, a row for each layer and direction above."""
    config = facts.config
    last = 0 if config.single_step else max(facts.call.lengths or (facts.call.seq_len,)) - 1
    times = sorted({0, min(1, last), last})
    yield "flowchart BT"
    count = config.num_layers
    layers = [0, count - 1] if count > _MOST_LAYERS else list(range(count))
    rows = [(layer, d) for layer in layers for d in range(config.directions)]
    for time in times:
        below = [f'x{time}["x, t={time}"]']
        for layer in layers:
            cells = [f"c{layer}{d}t{time}" for d in range(config.directions)]
            named = [f'{c}["layer {layer} {"→←"[d]}"]' for d, c in enumerate(cells)]
            yield from (f"  {source} --> {cell}" for source in below for cell in named)
            below = cells
        if not config.single_step:
            yield from (f'  {cell} --> y{time}["output, t={time}"]' for cell in below)
    for layer, direction in rows:
        yield from _row(facts, layer, direction, times)


def _row(facts: LayerFacts, layer: int, direction: int, times: list[int]) -> Iterator[str]:
    """The states of one layer and direction, from h_0 over the steps to h_n."""
    slot = layer * facts.config.directions + direction
    end = "1" if facts.config.single_step else "n"
    index = "" if facts.config.single_step else f"[{slot}]"
    order = times[::-1] if direction else times
    cells = [f"c{layer}{direction}t{time}" for time in order]
    label = ", ".join(facts.config.cell.states)
    yield f'  s{slot}(["{_states(facts, "0", index)}"]) --> {cells[0]}'
    for (a, here), (b, there) in pairwise(zip(cells, order, strict=True)):
        line = f"-->|{label}|" if abs(here - there) == 1 else f'-. "{label}" .->'
        yield f"  {a} {line} {b}"
    yield f'  {cells[-1]} --> e{slot}(["{_states(facts, end, index)}"])'


def _states(facts: LayerFacts, when: str, index: str) -> str:
    return ", ".join(f"{letter}_{when}{index}" for letter in facts.config.cell.states)
