"""The picture: every label is where there is room for it, and every edge is a fact."""

from __future__ import annotations

import os
import re
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rnnscope.axes import shape_text
from rnnscope.call import Call
from rnnscope.config import RNNConfig
from rnnscope.drawing.blocks import blocks
from rnnscope.drawing.chain import Station, chain
from rnnscope.drawing.inside import inside
from rnnscope.drawing.network import abbreviated, unroll
from rnnscope.drawing.pictures import layer_picture
from rnnscope.drawing.scene import Box, Group, Label, Scene, Word, width_of
from rnnscope.drawing.style import DARK, LIGHT
from rnnscope.drawing.svg import svg
from rnnscope.drawing.unrolled import unrolled
from rnnscope.equations import equations_of
from rnnscope.explained import Explained
from rnnscope.explanation.explaining import explain
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
    size = st.sampled_from([1, 20, 300_000]) | st.integers(1, 300_000)
    kind = draw(st.sampled_from(["LSTM", "GRU", "RNN", "LSTMCell", "GRUCell", "RNNCell"]))
    hidden = draw(size)
    options: dict[str, Any] = {"bias": draw(st.booleans())}
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
    batch = draw(st.sampled_from([1, 100_000]) | st.integers(0, 9))
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
@example(("LSTM(1, 200000, proj_size=1)", Call()))
@example(("LSTM(300000, 1)", Call()))
@example(("GRU(1, 200000, bidirectional=True)", Call(100_000, 1)))
@settings(max_examples=60, deadline=None)
def test_no_label_is_cut_off_or_on_another(layer: tuple[str, Call]) -> None:
    facts = facts_of(*layer)
    direction = "backward" if facts.config.bidirectional else "forward"
    last = facts.config.num_layers - 1
    assert crowding(layer_picture(facts, last, direction)) == []
    assert crowding(blocks(facts, last, direction)) == []
    assert crowding(chain([Station("encoder.rnn", facts), Station("head", facts, "2 calls")])) == []


def test_crowding_would_be_found() -> None:
    one, two = Label(10, 20, (Word("one"),)), Label(20, 20, (Word("two"),))
    marks = (one, two, Box(15, 0, 40, 40, "unit"))
    found = crowding(Scene(40, 40, (Group("text", marks),), "crowded"))
    assert [line.partition("(")[0] for line in found] == [
        "two is cut off",
        "Box",
        "one on two",
        "one across unit",
    ]


def test_wide_characters_are_twice_as_wide() -> None:
    assert width_of("层") == width_of("xx")
    assert width_of("") == 0


@given(layers())
@settings(max_examples=40, deadline=None)
def test_every_edge_is_a_fact(layer: tuple[str, Call]) -> None:
    facts = facts_of(*layer)
    network = unroll(facts, 100, 100)
    given_, returned = facts.tensor("input"), facts.tensor("output")
    for tensor, entered in ((given_, 0), (returned, None)):
        passing = [rise.axes for rise in network.rises if rise.layer == entered]
        if tensor is None:
            assert passing == []
            continue
        assert sum(axes.numel for axes in passing) == tensor.axes.numel
        assert {axes.shape[-1] for axes in passing} == {tensor.shape[-1]}
    for carry in network.carries:
        state = facts.tensor(f"{carry.letter}_0")
        assert state is not None
        if None in (carry.start, carry.end):
            assert carry.axes.shape == state.shape[-len(carry.axes) :]
            assert carry.lane.slot < (state.shape[0] if not facts.config.single_step else 1)
    enough = len(network.lanes) * len(facts.config.cell.states) * (len(network.times) + 1)
    assert len(network.carries) == enough


@pytest.mark.parametrize(
    ("count", "most", "shown"),
    [
        (1, 1, (0,)),
        (2, 1, (0, None)),
        (3, 3, (0, 1, 2)),
        (4, 3, (0, 1, None, 3)),
        (9, 2, (0, None, 8)),
    ],
)
def test_what_is_left_out(count: int, most: int, shown: tuple[int | None, ...]) -> None:
    assert abbreviated(count, most) == shown


def texts(document: str) -> list[str]:
    """Every label of an SVG file."""
    return [
        "".join(text.itertext()) for text in ElementTree.fromstring(document).iter(f"{SVG}text")
    ]


def test_states_enter_and_leave_in_numbered_slots() -> None:
    shown = texts(svg(unrolled(facts_of(STACK))))
    for slot in range(4):
        for name in ("h_0", "c_0", "h_n", "c_n"):
            assert f"{name}[{slot}] (3, 20)" in shown
    assert shown.count("(3, 40)") == 10
    assert "output (L, N, D*H_out) = (5, 3, 40)" in shown


def test_many_steps_and_layers_are_abbreviated() -> None:
    shown = texts(svg(unrolled(facts_of("RNN(10, 20, num_layers=9)", Call(seq_len=100)))))
    assert [text for text in shown if text.startswith(("t=", "..."))] == [
        "t=0",
        "t=1",
        "t=2",
        "t=3",
        "t=99",
        "...",
    ]
    assert "6 more layers" in shown
    assert "layer 8 forward" in shown


def test_packed_samples_end_where_they_end() -> None:
    scene = unrolled(facts_of("GRU(10, 20)", Call(lengths=(2, 5, 3))))
    bars = [m for g in scene.groups for m in g.marks if isinstance(m, Box) and m.kind == "span"]
    short, long, middle = (bar.bounds[2] for bar in bars)
    assert short < middle < long
    assert {"h_n[:, 0]", "h_n[:, 1]", "h_n[:, 2]"} <= {label.text for label in scene.labels}


def test_a_cell_has_no_time_and_a_loop_of_yours() -> None:
    shown = texts(svg(unrolled(facts_of("LSTMCell(10, 20)"))))
    assert "your loop: h_1, c_1 become h_0, c_0" in shown
    assert not [text for text in shown if text.startswith("t=")]


@pytest.mark.parametrize(
    "layer", ["LSTM(10, 20, proj_size=7)", "GRU(10, 20, bias=False)", "RNN(10, 20)"]
)
def test_the_inside_has_every_weight_and_every_equation(layer: str) -> None:
    facts = facts_of(layer)
    shown = texts(svg(inside(facts)))
    for equation in equations_of(facts.config):
        assert equation in shown
    for parameter in facts.parameters:
        for rows in parameter.rows:
            shape = (rows.stop - rows.start, *parameter.shape[1:])
            assert f"{rows.block} {shape_text(shape)}" in shown
    assert ("W_hr (7, 20)" in shown) is bool(facts.config.proj_size)


def test_a_backward_cell_comes_after_the_next_step() -> None:
    shown = " ".join(texts(svg(inside(facts_of(STACK), 1, "backward"))))
    assert "h_(t+1) (3, 20)" in shown
    assert "t-1" not in shown


def test_the_way_of_a_tensor_is_strong_and_the_rest_pale() -> None:
    tree = ElementTree.fromstring(svg(unrolled(facts_of(STACK)), "h_n"))
    groups = {frozenset((g.get("class") or "").split()): g for g in tree.iter(f"{SVG}g")}
    strong = {"".join(g.itertext()) for classes, g in groups.items() if "strong" in classes}
    assert any("h_n[3] (3, 20)" in text for text in strong)
    assert not any("c_n[3]" in text or "h_0[0]" in text for text in strong)
    assert all(("strong" in c) != ("pale" in c) for c in groups)


def test_a_gate_is_strong_alone_and_an_unknown_name_makes_nothing_pale() -> None:
    scene = inside(facts_of("LSTM(10, 20)"))
    (strong,) = re.findall(r'<g class="[^"]* strong">.*?</g>', svg(scene, "forget gate"), re.DOTALL)
    assert "W_hf (20, 20)" in re.sub(r"</?tspan[^>]*>", "", strong)
    assert svg(scene, "nothing") == svg(scene)


@pytest.mark.parametrize("case", CASES)
def test_the_picture_is_as_in_the_golden_file(case: str) -> None:
    check_golden(f"{case}.svg", svg(layer_picture(facts_of(*CASES[case]))))


def test_the_explained_picture_is_as_in_the_golden_file() -> None:
    told = explain("GRU(10, 20)", "weight_hh_l0", run=False)
    check_golden("explained.svg", Explained.of(told).to_text("svg"))


def check_golden(name: str, text: str) -> None:
    """RNNSCOPE_WRITE_GOLDEN=1 writes the files anew."""
    if os.environ.get("RNNSCOPE_WRITE_GOLDEN"):
        (GOLDEN / name).write_text(text + "\n", encoding="utf-8")
    assert text + "\n" == (GOLDEN / name).read_text(encoding="utf-8")


@given(layers())
@settings(max_examples=30, deadline=None)
def test_a_file_is_valid_and_complete_in_itself(layer: tuple[str, Call]) -> None:
    text = svg(layer_picture(facts_of(*layer)))
    tree = ElementTree.fromstring(text)
    assert tree.get("role") == "img"
    assert [child.tag for child in tree][:2] == [f"{SVG}title", f"{SVG}desc"]
    assert all(tree[place].text for place in (0, 1))
    assert (tree.get("viewBox") or "").split()[2:] == [tree.get("width"), tree.get("height")]
    assert "prefers-color-scheme:dark" in text
    for outside in ("url(", "@import", "href", "<script", "http://", "https://"):
        assert outside not in text.replace('xmlns="http://www.w3.org/2000/svg"', "")


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_can_be_read(scheme: dict[str, str]) -> None:
    behind = [name for name in scheme if name in ("paper", "panel") or name.startswith("gate-")]
    written = (
        "ink",
        "quiet",
        "batch",
        "time",
        "feature",
        "layers",
        "gates",
        "strong",
        "good",
        "bad",
    )
    for text in written:
        for ground in behind if text in ("ink", "quiet", "feature", "gates") else ["paper"]:
            light, dark = sorted((luminance(scheme[text]), luminance(scheme[ground])))[::-1]
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)
