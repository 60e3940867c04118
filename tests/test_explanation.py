"""Every claim of an explanation is true on the real layer; every number is a fact or a step."""

import copy
import json
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import rnnscope
from rnnscope.axes import shape_text
from rnnscope.call import Call
from rnnscope.config import RNNConfig
from rnnscope.drawing.text import Span, stacked, unrolled
from rnnscope.errors import CallError, ConfigError, OutputError, SubjectError, UnknownNameError
from rnnscope.explained import Explained
from rnnscope.explanation.claim_checker import ClaimChecker
from rnnscope.explanation.equation_steps import in_shapes
from rnnscope.explanation.explaining import explain
from rnnscope.explanation.model import Claim
from rnnscope.prediction import predict
from rnnscope.reference import equations_of
from rnnscope.strategies import calls, configs

STACK = "LSTM(10, 20, num_layers=2, bidirectional=True)"
BOTH_WAYS = RNNConfig("GRU", 4, 6, bidirectional=True)
Question = tuple[RNNConfig, Call, str | None]


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """A configuration, a call of it, and one of its names, or None."""
    config = draw(configs())
    call = draw(calls(config))
    facts = predict(config, call)
    names = [*(t.name for t in facts.tensors), *(p.name for p in facts.parameters)]
    return config, call, draw(st.sampled_from([None, *names]))


def plain(lines: Iterable[tuple[Span, ...]]) -> list[str]:
    return ["".join(span.text for span in line).rstrip() for line in lines]


class TestClaims:
    @given(questions())
    @settings(max_examples=80, deadline=None)
    def test_all_hold_on_the_real_layer(self, question: Question) -> None:
        config, call, name = question
        explanation = explain(config, name, call=call)
        assert explanation.unchecked is None
        for check in explanation.checks:
            assert check.holds, (str(config), call, str(check.claim), check.difference)

    @given(st.data())
    @settings(max_examples=30, deadline=None)
    def test_the_right_recipe_is_one_row_for_each_sample(self, data: st.DataObject) -> None:
        config = data.draw(configs(kinds=["RNN", "LSTM", "GRU"]))
        call = data.draw(calls(config, min_batch=2))
        recipes = explain(config, "h_n", call=call).recipes
        right = [recipe for recipe in recipes if recipe.right]
        wrong = recipes[len(right) :]
        rows = (call.batch,) if call.batched else ()
        for recipe in right:
            assert recipe.shape == (*rows, config.directions * config.output_size)
        assert len(right) == 1 + (not config.bidirectional and not call.packed)
        assert not any(recipe.right for recipe in wrong)
        assert len(wrong) <= 2

    def test_the_last_step_is_right_where_it_is(self) -> None:
        right = [r.code for r in explain("GRU(4, 6, num_layers=2)", "output").recipes if r.right]
        assert right == ["h_n[-1]", "output[-1]"]
        batch_first = explain("GRU(4, 6, batch_first=True)", "h_n").recipes
        assert [(r.code, r.right) for r in batch_first[1:3]] == [
            ("output[:, -1]", True),
            ("output[-1]", False),
        ]

    @pytest.mark.parametrize("name", ["output", "h_n", "c_n", "h_0", "input", "weight_ih_l0", None])
    @pytest.mark.parametrize("dtype", ["float16", "bfloat16", "complex128"])
    def test_hold_in_other_dtypes(self, name: str | None, dtype: str) -> None:
        config = RNNConfig("LSTM", 3, 4, num_layers=2, bidirectional=True, dtype=dtype)
        explanation = explain(config, name)
        assert explanation.checks
        assert explanation.holds

    def test_a_false_claim_is_found_out(self) -> None:
        lstm = nn.LSTM(3, 4, bidirectional=True).eval()
        inputs = (torch.randn(5, 2, 3), (torch.zeros(2, 2, 4), torch.zeros(2, 2, 4)))
        with torch.no_grad():
            checker = ClaimChecker(RNNConfig.of(lstm), lstm, inputs, lstm(*inputs))
            assert checker.check(Claim("output[-1, :, :4]", "h_n[0]")).holds
            assert not checker.check(Claim("output[-1, :, 4:]", "h_n[1]")).holds
            assert not checker.check(Claim("output.shape[0]", "h_n.shape[0]")).holds

    def test_swapped_gates_are_found_out(self) -> None:
        """gate_by_gate fails where a gate's rows are another's: the claim about rows can fail."""
        lstm = nn.LSTM(3, 4).eval()
        inputs = (torch.randn(5, 2, 3), (torch.zeros(1, 2, 4), torch.zeros(1, 2, 4)))
        with torch.no_grad():
            checker = ClaimChecker(RNNConfig.of(lstm), lstm, inputs, lstm(*inputs))
            i, f, g, o = checker.values["gate_by_gate"].weight_ih_l0.chunk(4)
            checker.values["gate_by_gate"].weight_ih_l0.copy_(torch.cat([f, i, g, o]))
            assert not checker.check(Claim("gate_by_gate(input)", "rnn(input)")).holds

    def test_what_the_wrong_recipes_are_off_by(self) -> None:
        right, last, mixed = explain(STACK, "h_n").recipes
        assert right.code == "torch.cat([h_n[-2], h_n[-1]], dim=-1)"
        assert (last.code, mixed.code) == ("output[-1]", "h_n[-2:].reshape(3, -1)")
        assert last.difference > 0.01
        assert mixed.difference > 0.01

    @pytest.mark.parametrize(
        ("layer", "claim"),
        [
            (STACK, "output[-1, :, :20] equals h_n[2]"),
            (STACK, "output[0, :, 20:] equals h_n[3]"),
            ("GRU(4, 6, batch_first=True)", "output[:, -1] equals h_n[0]"),
            (
                "GRU(4, 6, batch_first=True)",
                "seq_first(input.transpose(0, 1))[1] equals h_n",
            ),
        ],
    )
    def test_what_is_claimed_of_h_n(self, layer: str, claim: str) -> None:
        assert claim in [str(check.claim) for check in explain(layer, "h_n").checks]

    def test_packed_claims_compare_with_the_last_real_step(self) -> None:
        explanation = explain("GRU(4, 6)", "h_n", call=Call(lengths=(2, 5, 3)))
        claims = [str(check.claim) for check in explanation.checks]
        assert "padded[1, 0] equals h_n[0, 0]" in claims
        assert "rnn(sample(2))[1] equals h_n[:, 2]" in claims


class TestAnswer:
    @given(questions())
    @settings(max_examples=30, deadline=None)
    def test_shape_and_reasons_are_the_facts(self, question: Question) -> None:
        config, call, name = question
        explanation = explain(config, name, call=call)
        facts = predict(config, call)
        if name is None:
            assert explanation.axes is None
            assert [line.equation for line in explanation.lines] == list(equations_of(config))
        else:
            fact = facts.tensor(name) or facts.parameter(name)
            assert explanation.axes == fact.axes
            assert all(axis.because for axis in explanation.axes)

    @given(questions())
    @settings(max_examples=30, deadline=None)
    def test_every_step_is_told_in_shapes_alone(self, question: Question) -> None:
        config, call, name = question
        for line in explain(config, name, call=call).lines:
            for step in line.steps:
                told = in_shapes(step)
                assert told.count("(") >= len(step.operands)
                if not step.product:
                    assert not re.search(r"_t\b|_\(t|W_|b_", told), told

    def test_rows_of_gates(self) -> None:
        pieces = explain("GRU(10, 20)", "weight_hh_l0").pieces
        assert [(p.where, p.letter) for p in pieces] == [
            ("[0:20]", "r"),
            ("[20:40]", "z"),
            ("[40:60]", "n"),
        ]

    def test_columns_of_an_upper_layer(self) -> None:
        explanation = explain(STACK, "weight_ih_l1_reverse")
        (why,) = [note for note in explanation.notes if "columns" in note.question]
        assert why.question == "Why 40 columns and not 10?"
        assert "2 x 20 = 40" in why.answer
        assert (explanation.layer, explanation.direction) == (1, "backward")

    def test_projection(self) -> None:
        wide, narrow = (explain("LSTM(10, 20, proj_size=5)", n) for n in ("c_0", "h_0"))
        assert (wide.axes.shape, narrow.axes.shape) == ((1, 3, 20), (1, 3, 5))
        assert any("proj_size=5 projects h only" in note.answer for note in wide.notes)

    def test_place(self) -> None:
        assert explain(STACK, "h_n").time == 4
        assert explain(STACK, "h_n").layer == 1
        assert explain(STACK, "h_n", time=2, layer=0).time == 2
        running = explain("GRU(4, 6)", None, time=2, call=Call(lengths=(2, 5, 3)))
        assert running.lines[0].steps[0].operands[0].shape == (2, 4)

    def test_a_layer_that_fits_nowhere_is_explained_and_not_checked(self) -> None:
        explanation = explain("LSTM(100000, 200000, num_layers=8, bidirectional=True)", "h_n")
        assert explanation.axes.shape == (16, 3, 200_000)
        assert "parameters" in explanation.unchecked
        assert explanation.recipes[0].shape is None
        assert "Not checked" in str(Explained.of(explanation))


class TestBackward:
    """The backward direction begins at the end, and the state before step t is that of t+1."""

    @pytest.mark.parametrize("name", ["weight_hh_l1_reverse", "bias_hh_l1_reverse"])
    def test_reads_the_step_after(self, name: str) -> None:
        explained = rnnscope.explain(STACK, name)
        assert (explained.time, explained.direction) == (4, "backward")
        for format in ("terminal", "json"):
            text = explained.to_text(format)
            assert "h_(t+1)" in text
            assert "(t-1)" not in text
        markdown = explained.to_text("markdown")
        assert "h_{t+1}" in markdown
        assert "t-1" not in markdown

    def test_forward_reads_the_step_before(self) -> None:
        text = rnnscope.explain(STACK, "weight_hh_l1").to_text()
        assert "h_(t-1)" in text
        assert "t+1" not in text

    def test_says_where_it_begins(self) -> None:
        (note, *_) = explain(STACK, "weight_ih_l0_reverse").notes
        assert "its first step is t=4, its last t=0" in note.answer

    def test_the_layer_below_is_named(self) -> None:
        text = rnnscope.explain(STACK, "weight_ih_l1").to_text()
        assert "x_t is the output of layer 0" in text


class TestThemes:
    @pytest.mark.parametrize(
        ("layer", "typed", "name"),
        [
            ("LSTM(3, 4)", "forget gate", "f"),
            ("LSTM(3, 4)", "forget", "f"),
            ("LSTM(3, 4)", "f", "f"),
            ("LSTM(3, 4)", "Gate", "gates"),
            ("GRU(3, 4)", "n", "n"),
            ("GRU(3, 4)", "N", "N"),
            ("GRU(3, 4)", "batch size", "N"),
            ("RNN(3, 4)", "gates", "gates"),
            ("LSTM(3, 4)", "bias", "bias"),
            ("LSTM(3, 4)", "biases", "bias"),
            ("LSTM(3, 4, num_layers=2)", "weight_ih", "weight_ih"),
            ("LSTM(3, 4)", "weight_ih", "weight_ih_l0"),
            ("LSTM(3, 4)", "hidden", "h"),
            ("LSTM(3, 4)", "hidden_state", "h"),
            ("LSTM(3, 4)", "cell", "c"),
            ("GRUCell(3, 4)", "states", "states"),
            ("LSTM(3, 4)", "batch_first", "batch_first"),
            ("LSTM(3, 4)", "batch-first", "batch_first"),
            ("LSTM(3, 4)", "proj_size", "proj_size"),
            ("GRU(3, 4)", "bidirectional", "bidirectional"),
            ("GRU(3, 4, num_layers=3, dropout=0.5)", "num_layers", "num_layers"),
            ("GRU(3, 4)", "dropout", "dropout"),
            ("GRU(3, 4)", "H_in", "H_in"),
            ("GRU(3, 4)", "output[-1]", "output"),
        ],
    )
    def test_what_a_student_types(self, layer: str, typed: str, name: str) -> None:
        explained = rnnscope.explain(layer, typed)
        assert explained.name == name
        assert explained.holds
        assert explained.checks
        for format in ("terminal", "markdown", "json"):
            assert name in explained.to_text(format)
        assert max(map(len, str(explained).splitlines())) <= 80

    def test_a_gate_has_its_rows_in_all_four_parameters(self) -> None:
        explanation = explain("LSTM(10, 20)", "forget gate")
        assert [row[0] for row in explanation.table.rows] == [
            "weight_ih_l0",
            "weight_hh_l0",
            "bias_ih_l0",
            "bias_hh_l0",
        ]
        assert {row[1] for row in explanation.table.rows} == {"[20:40]"}
        assert [line.equation[:3] for line in explanation.lines] == ["f_t", "c_t"]

    def test_both_layouts_side_by_side(self) -> None:
        rows = {row[0]: row[1:] for row in explain("LSTM(10, 20)", "batch_first").table.rows}
        assert rows["input"] == ("(L, N, H_in) = (5, 3, 10)", "(N, L, H_in) = (3, 5, 10)")
        assert rows["h_n"] == ("(D*num_layers, N, H_out) = (1, 3, 20)", "the same")

    def test_what_an_option_brings(self) -> None:
        rows = {row[0]: row[1:] for row in explain("LSTM(10, 20)", "proj_size").table.rows}
        assert rows["weight_hr_l0"][0] == "none"
        assert rows["h_n"][1] == "= (1, 3, 10)"
        assert rows["c_n"][1] == "the same"

    def test_a_symbol_has_its_value_where_it_has_one(self) -> None:
        assert explain("GRU(3, 4)", "N").meaning.startswith("3 here")
        assert explain("GRU(3, 4)", "N", call=Call(batched=False)).meaning.startswith("none here")

    @pytest.mark.parametrize(
        ("layer", "typed", "words"),
        [
            ("LSTM(3, 4)", "weight_hr_l0", "proj_size"),
            ("LSTM(3, 4)", "weight_ih_l0_reverse", "bidirectional=True"),
            ("GRU(3, 4)", "c_n", "only an LSTM"),
            ("GRU(3, 4, bias=False)", "bias_ih_l0", "bias=False"),
            ("GRUCell(3, 4)", "h_n", "a cell returns h_1"),
        ],
    )
    def test_what_a_layer_has_not_is_told_with_the_reason(
        self, layer: str, typed: str, words: str
    ) -> None:
        with pytest.raises(UnknownNameError, match=words):
            explain(layer, typed)


class TestSubjects:
    def test_a_live_layer_is_left_as_it_was(self) -> None:
        lstm = nn.LSTM(3, 4, 2, dropout=0.5)
        called = []
        lstm.register_forward_hook(lambda *arguments: called.append(1))
        before, stream = copy.deepcopy(lstm.state_dict()), torch.get_rng_state()
        explanation = rnnscope.explain(lstm, "output")
        assert explanation.checks
        assert explanation.holds
        assert lstm.training
        assert not called
        assert torch.equal(stream, torch.get_rng_state())
        assert all(torch.equal(before[name], value) for name, value in lstm.state_dict().items())

    def test_a_live_layer_on_meta(self) -> None:
        assert "meta" in explain(nn.GRU(3, 4, device="meta"), "h_n").unchecked

    def test_others_are_refused(self) -> None:
        with pytest.raises(SubjectError, match="Linear"):
            explain(nn.Linear(3, 4))
        with pytest.raises(ConfigError):
            explain("LSTM(10)")


class TestNames:
    @pytest.mark.parametrize(
        ("typed", "name"), [("hn", "h_n"), ("C0", "c_0"), ("H_N", "h_n"), ("output", "output")]
    )
    def test_spellings(self, typed: str, name: str) -> None:
        assert explain("LSTM(3, 4)", typed).name == name

    def test_a_wrong_name_lists_those_there_are(self) -> None:
        with pytest.raises(UnknownNameError) as caught:
            explain("GRU(10, 20)", "x_n")
        for name in ("input", "h_0", "output", "h_n", "weight_ih_l0", "bias_hh_l0"):
            assert name in str(caught.value)
        assert "c_0" not in str(caught.value)

    def test_a_deep_stack_lists_its_parameters_by_pattern(self) -> None:
        with pytest.raises(UnknownNameError, match=r"weight_ih_l\{0 to 99\}_reverse") as caught:
            explain("GRU(10, 20, num_layers=100, bidirectional=True)", "wait")
        assert len(str(caught.value)) < 500

    @pytest.mark.parametrize(
        ("place", "words"),
        [
            ({"time": 5}, "5 time steps, from 0 to 4"),
            ({"time": -1}, "from 0 to 4"),
            ({"layer": 2}, "2 layers, from 0 to 1"),
        ],
    )
    def test_places_out_of_range(self, place: dict[str, Any], words: str) -> None:
        with pytest.raises(CallError, match=words):
            explain(STACK, **place)

    def test_a_layer_that_contradicts_the_parameter(self) -> None:
        with pytest.raises(CallError, match="leave out the layer"):
            explain(STACK, "weight_ih_l1", layer=0)


class TestDrawing:
    def test_unrolled(self) -> None:
        drawing = plain(unrolled(predict(BOTH_WAYS), "h_n"))
        assert drawing == [
            "output                (3, 12)           (3, 12)             (3, 12)",
            "                         ↑                 ↑                   ↑",
            "layer 0 ←     h_n[1] ←──[ ]←──────────────[ ]←────── … ───────[ ]←── h_0[1]",
            "layer 0 →     h_0[0] ──→[ ]──────────────→[ ]─────── … ──────→[ ]──→ h_n[0]",
            "                         ↑                 ↑                   ↑",
            "input                 (3, 4)            (3, 4)              (3, 4)",
            "                        t=0               t=1                 t=4",
        ]

    def test_what_is_explained_is_marked(self) -> None:
        spans = [span for line in unrolled(predict(RNNConfig.parse(STACK)), "c_n") for span in line]
        assert [s.text for s in spans if s.tag == "here"] == [
            "c_n[3]",
            "c_n[2]",
            "c_n[1]",
            "c_n[0]",
        ]

    def test_deep_stacks_leave_layers_out(self) -> None:
        drawing = "\n".join(plain(unrolled(predict(RNNConfig("GRU", 4, 6, num_layers=9)))))
        assert "⋮  6 more layers" in drawing
        assert "layer 8" in drawing
        assert "layer 5" not in drawing

    def test_stacked(self) -> None:
        facts = predict(RNNConfig("GRU", 4, 6))
        assert plain(stacked(facts.parameter("weight_ih_l0"), facts)) == [
            "                4 columns: x_t",
            "                ┌──────────────┐",
            "  rows  0 to  5 │     W_ir     │  r  reset gate",
            "                ├──────────────┤",
            "  rows  6 to 11 │     W_iz     │  z  update gate",
            "                ├──────────────┤",
            "  rows 12 to 17 │     W_in     │  n  new candidate",
            "                └──────────────┘",
        ]

    @given(configs(min_layers=1, max_layers=6), st.integers(1, 4))
    @settings(max_examples=20, deadline=None)
    def test_every_edge_of_a_drawing_is_a_fact(self, config: RNNConfig, steps: int) -> None:
        call = Call(seq_len=1 if config.single_step else steps)
        text = "\n".join(plain(unrolled(predict(config, call))))
        assert shape_text((call.batch, config.input_size)) in text
        if not config.single_step:
            output = predict(config, call).tensor("output").shape
            assert shape_text((call.batch, output[-1])) in text

    def test_narrow_drawings_show_fewer_steps(self) -> None:
        facts = predict(BOTH_WAYS)
        for width, times in (
            (140, "t=0 t=1 t=2 t=3 t=4"),
            (96, "t=0 t=1 t=2 t=4"),
            (78, "t=0 t=1 t=4"),
            (60, "t=0 t=4"),
            (45, "t=0"),
        ):
            drawing = plain(unrolled(facts, "h_n", width))
            assert " ".join(drawing[-1].split()) == times
            assert max(map(len, drawing)) <= width
        assert drawing[2] == "layer 0 ←     h_n[1] ←──[ ]←── … h_0[1]"


class TestFormats:
    @given(questions())
    @settings(max_examples=30, deadline=None)
    def test_80_columns_are_enough(self, question: Question) -> None:
        config, call, name = question
        text = Explained.of(explain(config, name, call=call)).to_text()
        assert max(map(len, text.splitlines())) <= 80
        assert not re.search(r"\bNone\b|nan|inf\b", text)

    def test_wide_layers_at_80_columns(self) -> None:
        for name in ("output", "h_n", "weight_ih_l7_reverse", None):
            deep = "LSTM(100000, 200000, num_layers=8, bidirectional=True)"
            text = rnnscope.explain(deep, name).to_text()
            assert max(map(len, text.splitlines())) <= 80

    @given(questions())
    @settings(max_examples=20, deadline=None)
    def test_json_and_markdown(self, question: Question) -> None:
        config, call, name = question
        explained = Explained.of(explain(config, name, call=call))
        data = json.loads(explained.to_text("json"))
        assert data["schema"] == "rnnscope/1"
        assert data["name"] == name
        assert all(check["holds"] for check in data["checks"])
        assert str(config) in explained.to_text("markdown")

    def test_answer_comes_first_then_the_remedy_then_the_reasons(self) -> None:
        text = str(rnnscope.explain("GRU(10, 20, bidirectional=True, batch_first=True)", "h_n"))
        assert text.startswith("h_n  (D*num_layers, N, H_out) = (2, 3, 20)")
        order = ["batch ", "✓ right", "✗ wrong", "In the cell", "Checked just now", "Why is"]
        places = [text.index(words) for words in order]
        assert places == sorted(places)

    def test_a_failed_check_is_seen(self) -> None:
        explanation = explain("GRU(3, 4)", "h_n")
        failed = replace(explanation.checks[0], difference=0.5, holds=False)
        explanation = replace(explanation, checks=(failed,))
        assert not explanation.holds
        assert "✗  5e-01" in str(Explained.of(explanation))
        assert "**NO**" in Explained.of(explanation).to_text("markdown")

    def test_files(self, tmp_path: Path) -> None:
        explained = rnnscope.explain("GRU(3, 4)", "h_n")
        explained.write(tmp_path / "h_n.md")
        assert (tmp_path / "h_n.md").read_text().startswith("## `h_n` of `GRU(3, 4)`")
        explained.write(tmp_path / "h_n.json")
        assert json.loads((tmp_path / "h_n.json").read_text())["shape"] == [1, 3, 4]
        with pytest.raises(OutputError, match="give another file"):
            explained.write(tmp_path / "missing" / "h_n.md")
        with pytest.raises(UnknownNameError, match="terminal, markdown, json"):
            explained.to_text("sarif")
