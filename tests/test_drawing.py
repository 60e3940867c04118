"""The picture: every label is where there is room for it, and every edge is a fact."""

from __future__ import annotations

import os
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnscope.axes import Role, shape_text
from rnnscope.call import Call
from rnnscope.config import RNNConfig
from rnnscope.drawing.blocks import blocks
from rnnscope.drawing.chain import Station, chain
from rnnscope.drawing.inside import inside
from rnnscope.drawing.network import abbreviated, unroll
from rnnscope.drawing.pictures import layer_picture, with_notes
from rnnscope.drawing.scene import Box, Group, Label, Scene, Word, width_of
from rnnscope.drawing.style import DARK, LIGHT
from rnnscope.drawing.svg import svg
from rnnscope.drawing.unrolled import unrolled
from rnnscope.equations import equations_of
from rnnscope.explained import Explained
from rnnscope.explanation import explain
from rnnscope.facts import LayerFacts
from rnnscope.prediction import predict

GOLDEN = Path(__file__).parent / "golden"
STACK = "LSTM(10, 20, num_layers=2, bidirectional=True)"
CASES = {
    "canonical": (STACK, Call()),
    "packed": ("GRU(10, 20, batch_first=True)", Call(lengths=(2, 5, 3))),
    "projected": ("LSTM(10, 20, proj_size=7, bias=False)", Call(batched=False)),
    "cell": ("RNNCell(10, 20, nonlinearity='relu')", Call(states_given=True)),
    "deep": ("RNN(10, 20, num_layers=9)", Call(seq_len=100)),
}
SVG = "{http://www.w3.org/2000/svg}"


def facts_of(text: str, call: Call | None = None) -> LayerFacts:
    return predict(RNNConfig.parse(text), call)


@st.composite
def layers(draw: st.DrawFn) -> tuple[str, Call]:
    """A layer and a call, small or as large as one can be."""
    size = st.integers(1, 30) | st.integers(1, 300_000)
    kind = draw(st.sampled_from(["LSTM", "GRU", "RNN", "LSTMCell", "GRUCell", "RNNCell"]))
    hidden = draw(size)
    options = {"bias": draw(st.booleans())}
    stack = not kind.endswith("Cell")
    if stack:
        options["num_layers"] = draw(st.integers(1, 12))
        options["bidirectional"] = draw(st.booleans())
    if kind == "LSTM" and hidden > 1 and draw(st.booleans()):
        options["proj_size"] = draw(st.integers(1, hidden - 1))
    config = RNNConfig(kind, draw(size), hidden, **options)
    lengths = st.lists(st.integers(1, 40), min_size=1, max_size=12)
    if stack and draw(st.booleans()):
        packed = draw(lengths)
        return str(config), Call(lengths=tuple(packed), seq_len=max(packed))
    batch = draw(st.integers(1, 100_000))
    return str(config), Call(batch, draw(st.integers(1, 9)), batched=draw(st.booleans()))


def apart(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    """True when two rectangles do not touch."""
    return a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def within(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] >= b[0] and a[1] >= b[1] and a[2] <= b[2] and a[3] <= b[3]


def crowding(scene: Scene) -> list[str]:
    """Labels outside of the picture, on each other, or across the edge of a box."""
    whole = (0.0, 0.0, scene.width, scene.height)
    boxes = [m for group in scene.groups for m in group.marks if isinstance(m, Box)]
    found = [f"{one.text} is cut off" for one in scene.labels if not within(one.bounds, whole)]
    found += [f"{box} is cut off" for box in boxes if not within(box.bounds, whole)]
    for one, other in combinations(scene.labels, 2):
        if not apart(one.bounds, other.bounds):
            found.append(f"{one.text} on {other.text}")
    for label in scene.labels:
        for box in boxes:
            if not apart(label.bounds, box.bounds) and not within(label.bounds, box.bounds):
                found.append(f"{label.text} across {box.kind}")
    return found


@given(layers())
@settings(max_examples=60, deadline=None)
def test_no_label_is_cut_off_or_on_another(layer: tuple[str, Call]) -> None:
    facts = facts_of(*layer)
    direction = "backward" if facts.config.bidirectional else "forward"
    last = facts.config.num_layers - 1
    assert crowding(layer_picture(facts, last, direction)) == []
    assert crowding(blocks(facts, last, direction)) == []
    assert crowding(chain([Station("encoder.rnn", facts), Station("head", facts, "2 calls")])) == []
