"""rnnscope.gates: the gates of a real layer, recomputed and checked against it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from textwrap import dedent
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

import rnnscope
from rnnscope.errors import CallError, RnnscopeError, SubjectError, UnknownNameError
from rnnscope.gating.heatmap import Heat
from rnnscope.rules import rule_named


class Own(nn.GRU):
    def forward(self, input: Any) -> Any:  # type: ignore[override]
        return input


LAYERS = {
    "lstm": lambda: nn.LSTM(5, 8, 2, bidirectional=True, dropout=0.5),
    "projected": lambda: nn.LSTM(5, 8, proj_size=3, batch_first=True),
    "gru": lambda: nn.GRU(5, 8, 2, batch_first=True),
    "relu": lambda: nn.RNN(5, 8, nonlinearity="relu", bias=False),
    "double": lambda: nn.GRU(5, 8, bidirectional=True, dtype=torch.float64),
    "short": lambda: nn.LSTM(5, 8, dtype=torch.bfloat16),
    "weight norm": lambda: nn.utils.parametrizations.weight_norm(nn.GRU(5, 8), "weight_hh_l0"),
    "lstm cell": lambda: nn.LSTMCell(5, 8),
    "gru cell": lambda: nn.GRUCell(5, 8),
}


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def total(*results: Any) -> Tensor:
    """A loss of everything that a layer returns."""
    if len(results) == 1 and not isinstance(results[0], tuple):
        return (results[0].data if isinstance(results[0], PackedSequence) else results[0]).sum()
    parts = results[0] if len(results) == 1 else results
    return sum((total(part) for part in parts), torch.zeros(()))


def input_of(layer: nn.Module) -> Tensor:
    dtype = next(layer.parameters()).dtype
    shape = (3, 5) if isinstance(layer, nn.RNNCellBase) else (6, 3, 5)
    return torch.randn(shape, dtype=dtype)


@pytest.mark.parametrize("name", LAYERS)
def test_recomputed_gates_are_those_of_the_layer_values_and_gradients(name: str) -> None:
    layer = LAYERS[name]()  # type: ignore[no-untyped-call]
    seen = rnnscope.gates(layer, input_of(layer), loss=total)
    assert seen.agrees
    assert seen.gradient_difference is not None
    assert 0 <= seen.difference <= seen.tolerance


def test_gates_are_those_of_the_formula_on_one_step() -> None:
    cell = nn.LSTMCell(5, 8)
    x, h, c = torch.randn(3, 5), torch.randn(3, 8), torch.randn(3, 8)
    trace = rnnscope.gates(cell, x, (h, c))["layer 0 forward"]
    stacked = x @ cell.weight_ih.t() + cell.bias_ih + h @ cell.weight_hh.t() + cell.bias_hh
    i, f, g, o = stacked.chunk(4, 1)
    for word, expected in [
        ("input", i.sigmoid()),
        ("forget", f.sigmoid()),
        ("candidate", g.tanh()),
        ("output", o.sigmoid()),
        ("c", f.sigmoid() * c + i.sigmoid() * g.tanh()),
    ]:
        torch.testing.assert_close(trace[word], expected[None])
        assert getattr(trace, word).equal(trace[word])


def test_states_of_each_direction_lie_where_torch_has_them() -> None:
    layer = nn.GRU(5, 8, 2, bidirectional=True)
    x = torch.randn(6, 3, 5)
    output, h_n = layer(x)
    seen = rnnscope.gates(layer, x)
    assert [trace.name for trace in seen] == [
        f"layer {n} {d}" for n in range(2) for d in ("forward", "backward")
    ]
    torch.testing.assert_close(seen["layer 1 forward"].h, output[..., :8])
    torch.testing.assert_close(seen["layer 1 backward"].h, output[..., 8:])
    torch.testing.assert_close(seen["layer 0 backward"].h[0], h_n[1])


def test_unbatched_and_batch_first_are_time_first_all_the_same() -> None:
    layer = nn.LSTM(5, 8, batch_first=True)
    assert rnnscope.gates(layer, torch.randn(6, 5))["layer 0 forward"].forget.shape == (6, 1, 8)
    assert rnnscope.gates(layer, torch.randn(3, 6, 5))["layer 0 forward"].h.shape == (6, 3, 8)


def test_packed_sequences_are_in_the_users_order_and_nan_where_there_is_no_step() -> None:
    layer, lengths = nn.LSTM(5, 8, bidirectional=True), [2, 5, 3]
    x = torch.randn(5, 3, 5)
    packed = pack_padded_sequence(x, lengths, enforce_sorted=False)
    seen = rnnscope.gates(layer, packed, loss=total)
    assert seen.agrees
    for sample, length in enumerate(lengths):
        alone = rnnscope.gates(layer, x[:length, sample])
        for name in ("layer 0 forward", "layer 0 backward"):
            gate = seen[name].forget[:, sample]
            torch.testing.assert_close(gate[:length], alone[name].forget[:, 0])
            assert gate[length:].isnan().all()


def test_gradient_by_step_is_autograds_own() -> None:
    layer, x = nn.GRU(5, 8), torch.randn(6, 3, 5)
    norms = rnnscope.gates(layer, x, loss=lambda output, h_n: output[-1].pow(2).sum())[
        "layer 0 forward"
    ].gradient["h"]
    cell = nn.GRUCell(5, 8)
    cell.load_state_dict({k.removesuffix("_l0"): v for k, v in layer.state_dict().items()})
    states = [cell(x[0])]
    for x_t in x[1:]:
        states.append(cell(x_t, states[-1]))
    expected = torch.autograd.grad(states[-1].pow(2).sum(), states)
    torch.testing.assert_close(norms, torch.stack([g.norm() for g in expected]))


def test_rounding_that_grows_over_a_long_memory_is_told_from_a_difference() -> None:
    layer = nn.LSTM(1, 16)
    nn.init.constant_(layer.bias_ih_l0[16:32], 9.0)
    seen = rnnscope.gates(layer, torch.randn(500, 4, 1) + 3, loss=total)
    assert seen.rounding > 1e-5
    assert seen.difference < 1e-10
    assert seen.agrees
    assert "run in float64, since in float32 rounding grew" in str(seen)


def test_a_layer_that_computes_something_else_does_not_agree(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forward = nn.GRU.forward
    monkeypatch.setattr(nn.GRU, "forward", lambda *call: [r * 1.001 for r in forward(*call)])
    seen = rnnscope.gates(nn.GRU(5, 8), torch.randn(6, 3, 5))
    assert not seen.agrees
    assert "differs from the real layer" in str(seen)


def test_the_layer_is_left_as_it_was() -> None:
    layer = nn.LSTM(5, 8, 2, dropout=0.5)
    layer.register_forward_hook(lambda *_: pytest.fail("a hook ran"))
    before = torch.get_rng_state()
    rnnscope.gates(layer, torch.zeros(6, 3, 5), loss=total)
    assert layer.training
    assert all(p.grad is None and p.requires_grad for p in layer.parameters())
    assert torch.get_rng_state().equal(before)


def test_frozen_layer_under_no_grad_has_a_gradient_by_step() -> None:
    layer = nn.GRU(5, 8).requires_grad_(False)
    with torch.no_grad():
        seen = rnnscope.gates(layer, torch.randn(6, 3, 5), loss=total)
    assert seen["layer 0 forward"].gradient["h"].min() > 0


def test_summary_counts_saturation_memory_and_dead_units() -> None:
    layer = nn.LSTM(5, 8)
    with torch.no_grad():
        layer.bias_ih_l0[8:12] = 20.0  # half of the forget gates open, half of them closed
        layer.bias_ih_l0[12:16] = -20.0
    summary = rnnscope.gates(layer, torch.randn(20, 3, 5)).summaries[0]
    forget = next(gate for gate in summary.gates if gate.name == "forget")
    assert (forget.low, forget.high) == (0.5, 0.5)
    assert summary.memory == pytest.approx(2.0, abs=1e-3)
    assert summary.longest_memory > 1e4
    assert len(forget.mean_by_step) == 20
    assert summary.dead == 0


def test_too_few_rows_tell_nothing_of_dead_units() -> None:
    seen = rnnscope.gates(nn.RNN(5, 8, nonlinearity="relu"), torch.zeros(1, 3, 5))
    assert seen.summaries[0].dead is None
    assert not seen.findings


RULES = ("RNN661", "RNN662", "RNN663", "RNN664")


def _codes(heading: str, code: str) -> set[str]:
    scope: dict[str, Any] = {"rnnscope": rnnscope, "torch": torch, "nn": nn}
    exec(dedent(rule_named(code).section(heading)), scope)
    assert scope["seen"].agrees
    return {finding.code for finding in scope["seen"].findings}


@pytest.mark.parametrize("code", RULES)
def test_example_of_a_rule_gives_its_finding(code: str) -> None:
    marked = set(re.findall(r"# (RNN\d+)", rule_named(code).section("Example")))
    assert marked == {code}
    assert code in _codes("Example", code)


@pytest.mark.parametrize("code", RULES)
def test_use_instead_gives_none(code: str) -> None:
    assert _codes("Use instead", code) == set()


def test_first_nan_names_layer_step_gate_and_source() -> None:
    layer = nn.LSTM(5, 8, 2)
    x = torch.randn(6, 3, 5)
    x[3, 0, 0] = float("inf")  # at which a sigmoid is 0 or 1, and no NaN
    with torch.no_grad():
        layer.weight_hh_l1[9, 0] = float("nan")
    (finding,) = (f for f in rnnscope.gates(layer, x).findings if f.code == "RNN664")
    assert "in forget of layer 1 forward at t=0: weight_hh_l1 has one already" in finding.message


def test_overflow_of_relu_is_named_without_a_source() -> None:
    layer = nn.RNN(5, 8, nonlinearity="relu")
    nn.init.constant_(layer.weight_hh_l0, 1e6)
    seen = rnnscope.gates(layer, torch.ones(12, 2, 5))
    (finding,) = (f for f in seen.findings if f.code == "RNN664")
    assert "from numbers alone" in finding.message
    assert json.loads(seen.to_text("json"))["gates"]


def test_backward_direction_ends_at_its_own_first_step() -> None:
    layer = nn.RNN(4, 8, bidirectional=True)
    for name in ("weight_hh_l0", "weight_hh_l0_reverse"):
        nn.init.uniform_(getattr(layer, name), -0.1, 0.1)
    loss = lambda output, h_n: h_n[1].sum()  # noqa: E731
    findings = rnnscope.gates(layer, torch.randn(60, 2, 4), loss=loss).findings
    assert [f.code for f in findings] == ["RNN661"]
    assert "layer 0 backward: its norm is" in findings[0].message
    assert "at t=59 and" in findings[0].message


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: rnnscope.gates(nn.Linear(2, 3), torch.zeros(2, 2)), SubjectError, "Linear"),
        (lambda: rnnscope.gates(3), SubjectError, "int"),
        (lambda: rnnscope.gates(Own(2, 3), torch.zeros(2, 2)), SubjectError, "give the nn.GRU"),
        (lambda: rnnscope.gates(nn.GRU(2, 3), torch.zeros(2, 0, 2)), CallError, "one sample"),
        (lambda: rnnscope.gates("LSTM(4, 8)", loss=lambda *_: 3), CallError, "one number"),
        (lambda: rnnscope.gates("LSTM(4, 8)", loss=lambda o, s: o), CallError, r"\(5, 3, 8\)"),
        (lambda: rnnscope.gates(nn.GRU(4, 8, device="meta")), CallError, "no numbers"),
        (lambda: rnnscope.gates("GRU(4, 8)")["layer 3"], UnknownNameError, "layer 0 forward"),
        (lambda: rnnscope.gates("GRU(4, 8)")["layer 0 forward"]["c"], UnknownNameError, "reset"),
    ],
)
def test_refusals_name_the_remedy(call: Callable[..., Any], error: type, words: str) -> None:
    with pytest.raises(error, match=words) as caught:
        call()
    assert isinstance(caught.value, RnnscopeError)


def test_a_gate_that_the_cell_has_not_is_no_attribute() -> None:
    trace = rnnscope.gates("GRU(4, 8)")["layer 0 forward"]
    assert not hasattr(trace, "forget")
    assert not hasattr(trace, "nonsense")


def test_every_format_shows_the_gates_within_80_columns() -> None:
    seen = rnnscope.gates("LSTM(5, 40, num_layers=3, bidirectional=True)", loss=total)
    text = str(seen)
    assert max(map(len, text.splitlines())) <= 80
    assert text.count("l2 backward") == 1
    assert "forget" in text
    assert "data:image/png" in seen.to_text("html")
    assert seen.to_text("svg").startswith("<svg")
    assert seen._repr_html_().startswith("<pre")
    assert "</pre><svg" in seen._repr_html_()
    assert seen.to_text("markdown").startswith("```text")


def test_colours_run_from_end_to_end_and_nan_has_its_own() -> None:
    heat = Heat("forget", ((0.0, 1.0),), 0.0, 1.0)
    colours = {heat.colour(v) for v in (-1.0, 0.0, 0.5, 1.0, float("nan"))}
    assert len(colours) == 4
    assert heat.colour(2.0) == heat.colour(1.0)


def test_command_prints_gates_and_exits_as_inspect_does() -> None:
    command = [sys.executable, "-m", "rnnscope", "inspect", "LSTM", "4", "8", "--gates"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1/(1 - mean f)" in done.stdout
    assert "gradient of the sum of its final h" in done.stdout
