"""check: what is said about a call before torch is reached, in full."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

import rnnscope
from rnnscope.cli import run
from rnnscope.config import RNNConfig
from rnnscope.errors import FindingsError
from rnnscope.rules import examine
from rnnscope.subjects import Construction, LayerCall, TensorSpec


def shaped(*shape: int) -> TensorSpec:
    return TensorSpec("Tensor", shape)


def pair(*shape: int) -> TensorSpec:
    return TensorSpec("tuple", items=(shaped(*shape), shaped(*shape)))


def call(layer: str, input: TensorSpec, hx: TensorSpec | None = None, **more: object) -> LayerCall:
    return LayerCall(RNNConfig.parse(layer), input, hx or TensorSpec("NoneType"), **more)  # type: ignore[arg-type]


BIDIRECTIONAL = "LSTM(10, 20, num_layers=2, batch_first=True, bidirectional=True)"
INPUT = shaped(3, 5, 10)

# The commonest mistakes, with every word of what is said about them.
MESSAGES = [
    (
        call(BIDIRECTIONAL, INPUT, pair(3, 4, 20)),
        "RNN202",
        "h_0 and c_0 must be (D*num_layers, N, H_out) = (4, 3, 20), got (3, 4, 20), which reads as "
        "(N, D*num_layers, H_out): built batch first. batch_first moves the batch axis of input "
        "and output, never that of a state.",
        "h_0, c_0 = h_0.transpose(0, 1).contiguous(), c_0.transpose(0, 1).contiguous()",
    ),
    (
        call(BIDIRECTIONAL, INPUT, pair(2, 3, 20)),
        "RNN203",
        "h_0 and c_0 must be (D*num_layers, N, H_out) = (4, 3, 20), got (2, 3, 20), which reads as "
        "(num_layers, N, H_out): bidirectional=True needs two slots a layer, 2 * 2.",
        "h_0 = c_0 = input.new_zeros(4, input.size(0), 20)",
    ),
    (
        call("GRU(10, 20, num_layers=2)", INPUT, shaped(1, 5, 20)),
        "RNN203",
        "h_0 must be (D*num_layers, N, H_out) = (2, 5, 20), got (1, 5, 20), which reads as "
        "(D*num_layers = 1, N, H_out): the layer has 1 * 2 slots, the state 1.",
        "h_0 = input.new_zeros(2, input.size(1), 20)",
    ),
    (
        call("GRU(10, 20, num_layers=2)", INPUT, shaped(4, 5, 20)),
        "RNN203",
        "h_0 must be (D*num_layers, N, H_out) = (2, 5, 20), got (4, 5, 20), which reads as "
        "(D*num_layers = 4, N, H_out): the layer is not bidirectional, so it needs one slot a "
        "layer.",
        "h_0 = input.new_zeros(2, input.size(1), 20)",
    ),
    (
        call("LSTM(10, 20, batch_first=True)", INPUT, pair(1, 8, 20)),
        "RNN204",
        "h_0 and c_0 must be (D*num_layers, N, H_out) = (1, 3, 20), got (1, 8, 20), which reads as "
        "(D*num_layers, N = 8, H_out): the state is for 8 sequences and the input has 3, as in a "
        "smaller last batch.",
        "h_0 = c_0 = input.new_zeros(1, input.size(0), 20)",
    ),
    (
        call("GRU(10, 20)", INPUT, shaped(1, 1, 20)),
        "RNN204",
        "h_0 must be (D*num_layers, N, H_out) = (1, 5, 20), got (1, 1, 20), which reads as "
        "(D*num_layers, N = 1, H_out): states do not broadcast.",
        "h_0 = h_0.expand(-1, 5, -1).contiguous()",
    ),
    (
        call("GRU(10, 20)", INPUT, shaped(1, 3, 20)),
        "RNN204",
        "h_0 must be (D*num_layers, N, H_out) = (1, 5, 20), got (1, 3, 20), which reads as "
        "(D*num_layers, L, H_out): the layer has batch_first=False and reads N = 5 off axis 1 of "
        "input, while axis 0 has the 3 of the state.",
        "build the layer with batch_first=True, or write input.transpose(0, 1)",
    ),
    (
        call("GRU(10, 20)", INPUT, shaped(1, 5, 40)),
        "RNN205",
        "h_0 must be (D*num_layers, N, H_out) = (1, 5, 20), got (1, 5, 40), which reads as "
        "(D*num_layers, N, H_out = 40): 40 is 2 * 20, the width of both directions of an encoder "
        "side by side.",
        "h_0 = input.new_zeros(1, input.size(1), 20)",
    ),
    (
        call("LSTM(10, 20, proj_size=6)", INPUT, pair(1, 5, 6)),
        "RNN206",
        "c_0 must be (D*num_layers, N, H_cell) = (1, 5, 20), got (1, 5, 6), which reads as "
        "(D*num_layers, N, H_out): proj_size projects the hidden state only, so h_0 is proj_size "
        "wide and c_0 is hidden_size wide.",
        "c_0 = input.new_zeros(1, input.size(1), 20)",
    ),
    (
        call("LSTM(10, 20)", INPUT, pair(5, 20)),
        "RNN207",
        "h_0 and c_0 must be (D*num_layers, N, H_out) = (1, 5, 20), got (5, 20), which reads as "
        "(N, H_out): the axis of layers and directions stays, even when its size is 1.",
        "h_0, c_0 = h_0.unsqueeze(0), c_0.unsqueeze(0)",
    ),
    (
        call("GRUCell(10, 20)", shaped(3, 10), shaped(1, 3, 20)),
        "RNN207",
        "h_0 must be (N, H_out) = (3, 20), got (1, 3, 20), which reads as (?, N, H_out): a cell "
        "has no layer axis, and the input is batched.",
        "h_0 = h_0.squeeze(0)",
    ),
    (
        call("LSTM(10, 20, batch_first=True)", shaped(3, 5, 4, 10)),
        "RNN208",
        "input must be (N, L, H_in) or (L, H_in), got (3, 5, 4, 10), 4 axes: features that take "
        "several axes must be flattened into one.",
        "input = input.flatten(2)  # (batch, time, everything else as features)",
    ),
    (
        call("GRU(10, 20)", INPUT, pair(1, 5, 20)),
        "RNN209",
        "h_0 of a GRU is one tensor, got a tuple of 2: only an LSTM has a second state, c_0.",
        "h_0 = h_0[0]  # or pass h_0 alone",
    ),
    (
        call("LSTM(10, 20)", INPUT, shaped(1, 5, 20)),
        "RNN210",
        "the states of an LSTM are a pair, h_0 (D*num_layers, N, H_out) = (1, 5, 20) and c_0 "
        "(D*num_layers, N, H_cell) = (1, 5, 20); got one tensor of shape (1, 5, 20).",
        "lstm(input, (h_0, c_0))",
    ),
    (
        call("LSTM(10, 20)", shaped(5, 10, 3)),
        "RNN201",
        "the last axis of input must be H_in = 10 (input_size), got 3 of (5, 10, 3): axis 1 has "
        "that size, so the features are probably not last.",
        "input = input.transpose(1, 2)",
    ),
    (
        call("LSTM(10, 20)", shaped(5, 3, 11)),
        "RNN201",
        "the last axis of input must be H_in = 10 (input_size), got 11 of (5, 3, 11): the layer "
        "was built for 10 features and the data has 11.",
        "build the layer with input_size=11, or give 10 features",
    ),
    (
        call("LSTM(1, 20)", shaped(5, 3)),
        "RNN201",
        "the last axis of input must be H_in = 1 (input_size), got 3 of (5, 3): with one feature a "
        "step the input still needs an axis for it.",
        "input = input.unsqueeze(-1)",
    ),
    (
        call("LSTM(10, 20)", TensorSpec("Tensor", (5, 3, 10), "float64")),
        "RNN211",
        "input must be float32 as the weights, got float64.",
        "input = input.to(torch.float32)  # or layer.to(torch.float64)",
    ),
    (
        call("LSTM(10, 20)", TensorSpec("Tensor", (5, 3, 10), "int64")),
        "RNN211",
        "input must be float32 as the weights, got int64: indices go through nn.Embedding first, "
        "one-hot vectors must be converted.",
        "input = input.to(torch.float32)  # or embedding(input)",
    ),
    (
        call("GRU(10, 20)", INPUT, TensorSpec("Tensor", (1, 5, 20), "float64")),
        "RNN212",
        "h_0 must be float32 as the weights, got float64: input.new_zeros(...) takes the dtype "
        "from the input, torch.zeros(...) does not.",
        "h_0 = h_0.to(torch.float32)",
    ),
    (
        call("GRU(10, 20)", TensorSpec("Tensor", (5, 3, 10), device="cuda:0"), None),
        "RNN213",
        "input is on cuda:0 and the weights are on cpu: all must be on one device.",
        'input = input.to("cpu")  # or layer.to("cuda:0")',
    ),
    (
        call("GRU(10, 20)", shaped(3, 10), shaped(1, 3, 20)),
        "RNN215",
        "input is (3, 10): two axes are one unbatched sequence (L, H_in), which wants states "
        "(D*num_layers, H_out); but h_0 has 3 axes (1, 3, 20), as a batch has. One step of a "
        "batch, (N, H_in), needs its time axis.",
        "input = input.unsqueeze(0)  # (1, N, H_in)",
    ),
    (
        call("LSTM(10, 20)", INPUT, TensorSpec("tuple", items=(TensorSpec("NoneType"),) * 2)),
        "RNN218",
        "the states are two tensors, (h_0, c_0), got None inside: for zeros leave them out.",
        "layer(input)",
    ),
    (
        call("LSTM(10, 20)", TensorSpec("tuple", items=(INPUT, pair(1, 5, 10)))),
        "RNN219",
        "input must be a tensor, got a tuple: a recurrent layer returns (output, states), and the "
        "next layer takes output alone.",
        "output, _ = first(input); output, _ = second(output)",
    ),
]


@pytest.mark.parametrize(("subject", "code", "message", "fix"), MESSAGES)
def test_what_is_said(subject: LayerCall, code: str, message: str, fix: str) -> None:
    assert [(f.code, f.message, f.fix) for f in examine(subject)] == [(code, message, fix)]


# Calls that end the process in torch 2.13 (pytorch issues 193823 and 175978).
CRASHES = [
    call("LSTMCell(3, 3)", shaped(3), shaped(2, 3, 3)),
    call("LSTMCell(5, 3)", shaped(5), pair(2, 3)),
]


@pytest.mark.parametrize("subject", CRASHES)
def test_call_that_would_end_the_process_is_an_error(subject: LayerCall) -> None:
    assert [str(finding.severity) for finding in examine(subject)] == ["error"]


def test_wrong_width_is_reported_where_the_layer_was_built() -> None:
    built, used = rnnscope.Location("net.py", 5), rnnscope.Location("net.py", 9)
    subject = call("LSTM(10, 20)", shaped(5, 3, 11), location=used, built_at=built)
    [finding] = examine(subject)
    assert finding.location == built
    assert [related.location for related in finding.related] == [used]


def test_refused_options_are_named_with_what_was_meant() -> None:
    [finding] = examine(Construction("LSTM", (10, 20, 2, 0.5)))
    assert (finding.code, finding.fix) == (
        "RNN104",
        "0.5 looks like a dropout: pass dropout=0.5 by name.",
    )


def test_autocast_converts_floats_and_nothing_else() -> None:
    half, double = (TensorSpec("Tensor", (5, 3, 10), dtype) for dtype in ("bfloat16", "float64"))
    assert examine(call("GRU(10, 20)", half, autocast="bfloat16")) == ()
    assert [f.code for f in examine(call("GRU(10, 20)", double, autocast="bfloat16"))] == ["RNN211"]


def test_library_checks_live_tensors() -> None:
    layer = nn.GRU(10, 20, batch_first=True)
    x, h_0 = torch.randn(3, 5, 10), torch.zeros(3, 1, 20)
    assert [f.code for f in rnnscope.check(layer, x, h_0).findings] == ["RNN202"]
    assert rnnscope.check(layer, x, h_0.transpose(0, 1)).findings == ()
    packed = pack_padded_sequence(x, [3, 5, 2], batch_first=True, enforce_sorted=False)
    assert rnnscope.check(layer, packed).findings == ()


@pytest.mark.parametrize(
    ("arguments", "codes", "status"),
    [
        ("LSTM 10 20 --batch-first --input 3,5,10 --h0 3,1,20", ["RNN202"], 1),
        ("LSTM 10 20 --input 5,3,10 --h0 1,3,20 --c0 1,3,20", [], 0),
        ("LSTM 10 20 --input 5,3,10 --hx 1,3,20", ["RNN210"], 1),
        ("GRU 10 20 --input 5,3,10 --h0 1,3,20 --c0 1,3,20", ["RNN209"], 1),
        ("LSTM 10 20 --input 5,3,10 --lengths 5,4", ["RNN553"], 1),
        ("LSTM 10 20 --input 5,3,10 --lengths 5,4,0", ["RNN552"], 1),
        ("LSTM 10 20 --input 5,3,10 --lengths 6,4,2", ["RNN558"], 1),
        ("LSTM 10 20 --input 5,3,10 --lengths 2,5,4 --h0 1,4,20", ["RNN204"], 1),
        ("LSTM 10 20 --input 5,3,10 --input-dtype float64", ["RNN211"], 1),
        ("LSTM 10 20 --input 5,3,10 --h0 1,3,20 --state-device cuda", ["RNN214"], 1),
        ("LSTM 10 20 --layers 2 --input 5,2,10 --h0 2,2,20", ["RNN221"], 0),
        ("GRU 10 20 --input 3,10", ["RNN222"], 0),
        ("GRU 10 20 --dropout 0.5 --input 5,3,10", ["RNN101"], 1),
    ],
)
def test_command(
    arguments: str, codes: list[str], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", *arguments.split(), "--format", "json"]) == status
    data = json.loads(capsys.readouterr().out)
    assert [finding["code"] for finding in data["findings"]] == codes


def test_command_shows_what_the_call_gives(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "GRU", "10", "20", "--input", "5,3,10"]) == 0
    assert "output  (L, N, D*H_out) = (5, 3, 20)" in capsys.readouterr().out


@pytest.mark.parametrize("option", ["--input=three", "--input=", "--input=-1,2"])
def test_command_refuses_what_is_no_shape(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "GRU", "10", "20", option]) == 2
    assert "5" in capsys.readouterr().err


def test_command_takes_the_input_from_the_lengths(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "GRU", "10", "20", "--lengths", "5,4,2", "--h0", "1,2,20"]) == 1
    assert "the state is for 2 sequences and the input" in capsys.readouterr().out


def test_command_imports_no_torch() -> None:
    script = (
        "import sys; from rnnscope.cli import run\n"
        "run('check LSTM 10 20 --input 5,3,10 --h0 3,1,20'.split())\n"
        "run(['doctor', 'Expected hidden[0] size (2, 3, 20), got [3, 2, 20]'])\n"
        "run(['rules']); run(['rule', 'RNN202'])\n"
        "assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("GRU 10 20 --input 5,3,10", "Nothing is wrong with this call."),
        ("LSTM 10 20", "No input was given"),
        ("LSTM 10 20 --input 5,3,10 --h0 1,3,20", "takes h_0 and c_0 together"),
        ("LSTM 10 20 --layers 2 --input 5,2,10 --h0 2,2,20 --c0 2,2,20", "Otherwise it runs."),
        ("GRU 10 20 --input 3,5,10", "3 steps of 5 samples; for 3 samples of 5 steps"),
        (
            "GRU 10 20 --input 3,5,10 --batch-first",
            "3 samples of 5 steps; for 3 steps of 5 samples",
        ),
    ],
)
def test_command_ends_in_a_verdict(
    arguments: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", *arguments.split()]) == 0
    shown = capsys.readouterr().out
    assert words in shown


def test_report_says_whether_all_is_well() -> None:
    good, bad = (rnnscope.check("GRU(10, 20)", (5, 3, width)) for width in (10, 11))
    hint = rnnscope.check("GRU(10, 20)", (3, 10))
    assert (good.ok, hint.ok, bad.ok) == (True, True, False)
    good.raise_for_findings()
    hint.raise_for_findings()
    with pytest.raises(FindingsError, match="RNN201 error: the last axis of input"):
        bad.raise_for_findings()


def test_print_always_says_something() -> None:
    layer = nn.GRU(10, 20)
    assert str(rnnscope.check(layer, torch.zeros(5, 3, 10))) == "Nothing is wrong with this call."
    assert str(rnnscope.check(layer)).startswith("No input was given")
    assert "nothing is known" in str(rnnscope.diagnose("foo"))
    assert str(rnnscope.Report()) == "Nothing found."
    assert repr(rnnscope.check(layer, (5, 3, 10))) == "<Report GRU(10, 20): nothing found>"
    assert repr(rnnscope.check(layer, (5, 3, 11))) == "<Report RNN201>"


@pytest.mark.parametrize(
    "layer", ["LSTM(10, 20, True)", "GRU(10, 20, num_layers=True)", "LSTM(10, 20, bidirectional=1)"]
)
def test_what_the_constructor_takes_and_the_call_refuses_is_said(
    layer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", layer, "--input", "3,5,10"]) == 1
    assert "RNN110" in capsys.readouterr().out
    assert [f.code for f in rnnscope.check(layer, (3, 5, 10)).findings] == ["RNN110"]
