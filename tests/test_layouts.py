"""The layouts of other frameworks: the table, explain --as, and convert, by torch alone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

import rnnscope
from rnnscope.cells import KINDS
from rnnscope.config import RNNConfig
from rnnscope.errors import CallError, ConfigError, RnnscopeError, SubjectError, UnknownNameError
from rnnscope.layouts import LAYOUTS, Join, layouts_of
from rnnscope.layouts.conversion import config_of_weights
from rnnscope.prediction import predict

PROVEN = [name for name, layout in LAYOUTS.items() if layout.proven]
TEXTS = [
    "LSTM(5, 4, num_layers=2, bidirectional=True)",
    "GRU(5, 4, bias=False)",
    "RNN(5, 4, num_layers=2)",
    "LSTMCell(5, 4)",
    "GRUCell(5, 4, dtype=torch.float64)",
]


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_table_holds_every_gate_of_every_parameter_once(name: str, kind: str) -> None:
    letters = sorted(gate.letter for gate in KINDS[kind].cell.gates)
    arrays = LAYOUTS[name].cells[kind].arrays
    for stem in ("weight_ih", "weight_hh"):
        assert sorted("".join(a.gates for a in arrays if stem in a.of)) == letters
    biases = {s: "".join(a.gates for a in arrays if s in a.of) for s in ("bias_ih", "bias_hh")}
    assert sorted(set("".join(biases.values()))) == letters


@pytest.mark.parametrize("name", PROVEN)
@pytest.mark.parametrize("text", TEXTS)
def test_explained_shapes_are_those_that_convert_gives(name: str, text: str) -> None:
    config = RNNConfig.parse(text)
    arrays = rnnscope.convert(config.build(), to=name)
    shapes: dict[str, tuple[int, ...]] = {}
    for parameter in predict(config).parameters:
        shapes |= {row.name: row.shape for row in layouts_of(config, name, parameter.name).rows}
    converted = {key: tuple(array.shape) for key, array in arrays.items()}
    assert shapes.items() <= converted.items()
    always = LAYOUTS[name].bias_option or config.bias
    assert not always or shapes == converted


@pytest.mark.parametrize("name", PROVEN)
@pytest.mark.parametrize("text", TEXTS)
def test_weights_that_went_over_and_back_give_the_same_function(name: str, text: str) -> None:
    layer = RNNConfig.parse(text).build()
    arrays = rnnscope.convert(layer, to=name)
    again = rnnscope.convert(arrays, from_=name, like=text)
    other = RNNConfig.parse(text).build()
    other.load_state_dict(again)
    x = torch.randn(3, 5, dtype=next(layer.parameters()).dtype)
    torch.testing.assert_close(other(x), layer(x))
    twice = rnnscope.convert(again, to=name)
    assert all(twice[key].equal(array) for key, array in arrays.items())


def test_converted_arrays_share_no_memory_with_the_layer() -> None:
    layer = nn.RNN(5, 4)
    for array in rnnscope.convert(layer, to="onnx").values():
        array.fill_(7.0)
    assert not (layer.weight_ih_l0 == 7.0).any()
    assert not any(a.requires_grad for a in rnnscope.convert(layer, to="keras").values())


def test_gru_blocks_lie_where_the_table_says() -> None:
    layer = nn.GRU(5, 4)
    r, z, n = layer.weight_ih_l0.detach().chunk(3)
    assert rnnscope.convert(layer, to="keras")["layer_0/kernel"].equal(torch.cat([z, r, n]).t())
    assert rnnscope.convert(layer, to="onnx")["layer_0/W"].equal(torch.cat([z, r, n])[None])
    assert rnnscope.convert(layer, to="flax")["layer_0/iz/kernel"].equal(z.t())


def test_biases_that_a_gru_multiplies_by_r_are_never_summed() -> None:
    for layout in LAYOUTS.values():
        if layout.proven:
            summed = [a for a in layout.cells["GRU"].arrays if a.join is Join.SUM]
            assert all("n" not in array.gates for array in summed)


@pytest.mark.parametrize("text", [*TEXTS, "LSTM(5, 4, proj_size=3)", "RNNCell(5, 4, bias=False)"])
def test_options_are_read_off_a_state_dict(text: str) -> None:
    config = RNNConfig.parse(text)
    found = config_of_weights(config.build().state_dict())
    assert found == config.with_options(dtype="float32")


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: rnnscope.convert(nn.LSTM(5, 4, proj_size=2), to="keras"), ConfigError, "proj"),
        (lambda: rnnscope.convert(nn.LSTM(5, 4), to="coreml"), UnknownNameError, "never run"),
        (lambda: rnnscope.convert(nn.LSTM(5, 4), to="caffe"), UnknownNameError, "onnx, keras"),
        (lambda: rnnscope.convert(nn.LSTM(5, 4)), SubjectError, "to="),
        (lambda: rnnscope.convert({}, from_="onnx"), SubjectError, "like="),
        (lambda: rnnscope.convert({}, from_="onnx", like="RNN(5, 4)"), UnknownNameError, "missing"),
        (lambda: rnnscope.convert(nn.Linear(5, 4), to="onnx"), SubjectError, "Linear"),
        (lambda: rnnscope.convert(3, to="onnx"), SubjectError, "int"),
        (
            lambda: rnnscope.convert(nn.Sequential(nn.GRU(5, 4)).state_dict(), to="onnx"),
            SubjectError,
            "0.weight_ih_l0",
        ),
        (
            lambda: rnnscope.convert(nn.GRU(5, 4), to="keras", reset_after=False),
            ConfigError,
            "reset_after=True",
        ),
        (
            lambda: rnnscope.convert(nn.LSTM(5, 4), to="keras", reset_after=True),
            ConfigError,
            "no option",
        ),
        (
            lambda: rnnscope.convert(
                rnnscope.convert(nn.GRU(5, 4), to="onnx"), from_="onnx", like="GRU(5, 3)"
            ),
            CallError,
            r"layer_0/W has shape \(1, 12, 5\)",
        ),
        (
            lambda: rnnscope.convert(
                rnnscope.convert(nn.GRU(5, 4), to="flax"), from_="flax", like="GRU(5,4,bias=False)"
            ),
            ConfigError,
            "not 0",
        ),
        (lambda: layouts_of(RNNConfig("GRU", 5, 4), "keras", "h_n"), UnknownNameError, "weight_ih"),
        (lambda: layouts_of(RNNConfig("GRU", 5, 4), "nt"), UnknownNameError, "cudnn"),
    ],
)
def test_refusals_name_the_remedy(call: Callable[..., Any], error: type, words: str) -> None:
    with pytest.raises(error, match=words) as caught:
        call()
    assert isinstance(caught.value, RnnscopeError)


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("text", TEXTS)
def test_explanation_fits_into_80_columns_and_names_its_source(name: str, text: str) -> None:
    told = layouts_of(RNNConfig.parse(text), name)
    assert max(map(len, str(told).splitlines())) <= 80
    assert "https://" in str(told)
    assert ("Proven" in str(told)) == LAYOUTS[name].proven
    assert json.loads(told.to_text("json"))["arrays"]


def test_command_tells_the_layout_without_torch() -> None:
    program = (
        "import sys; sys.modules['torch'] = None\n"
        "from rnnscope.cli import main\n"
        "main(['explain', 'LSTM', '10', '20', 'weight_ih_l0', '--as', 'onnx'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "[W_ii; W_io; W_if; W_ig]" in done.stdout
