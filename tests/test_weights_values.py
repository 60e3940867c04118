"""The numbers in weights files, gate by gate, and what is certainly wrong with them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import at_least
from hypothesis import given
from torch import nn
from weights_files import safe_state

import rnnscope
from rnnscope.api import inspect_weights
from rnnscope.cli import run
from rnnscope.config import RNNConfig
from rnnscope.report import Report
from rnnscope.strategies import configs

NAN, INF = float("nan"), float("inf")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("values")


def read(path: Path, model: nn.Module, **options: Any) -> Report:
    torch.save(model.state_dict(), path)
    return inspect_weights(path, values=True, **options)


def block(report: Report, parameter: str, name: str, layer: int = 0) -> Any:
    found = report.layers[layer].values.blocks
    return next(b for b in found if (b.parameter, b.block) == (parameter, name))


@at_least(100)
@given(config=configs(dtypes=("float16", "bfloat16", "float32", "float64", "complex64")))
def test_every_block_is_what_torch_computes(folder: Path, config: RNNConfig) -> None:
    torch.manual_seed(1)
    state = config.with_options(dtype="float32").build().state_dict()
    state = {name: value.to(getattr(torch, config.dtype)) for name, value in state.items()}
    torch.save(state, folder / "m.pt")
    report = inspect_weights(folder / "m.pt", values=True)
    rows = {
        p.name: {r.block: (r.start, r.stop) for r in p.rows}
        for p in report.layers[0].facts.parameters
    }
    for found in report.layers[0].values.blocks:
        weight = state[found.parameter]
        start, stop = rows[found.parameter].get(found.block, (0, len(weight)))
        part = weight[start:stop].to(torch.complex128 if weight.is_complex() else torch.float64)
        numbers = torch.view_as_real(part) if part.is_complex() else part
        assert math.isclose(found.mean, numbers.mean(), abs_tol=1e-12)
        assert math.isclose(found.largest, numbers.abs().max(), abs_tol=1e-12)
        assert math.isclose(found.deviation, numbers.std(correction=0), abs_tol=1e-9)
        if found.parameter.startswith("weight_hh"):
            assert math.isclose(found.norm, torch.linalg.svdvals(part)[0], rel_tol=1e-6)
        else:
            assert found.norm is None
        assert (found.radius is not None) == (found.block == "W_hh")
    assert [f for f in report.findings if "NaN" in f.message] == []


def test_safetensors_hold_the_same_numbers(tmp_path: Path) -> None:
    model = nn.LSTM(3, 4, 2, bidirectional=True)
    path = tmp_path / "m.safetensors"
    path.write_bytes(safe_state(model.state_dict()))
    assert inspect_weights(path, values=True).layers == read(tmp_path / "m.pt", model).layers


def test_the_radius_of_a_plain_rnn(tmp_path: Path) -> None:
    model = nn.RNN(3, 2)
    model.weight_hh_l0.data = torch.tensor([[0.0, 2.0], [-0.5, 0.0]])
    found = block(read(tmp_path / "m.pt", model), "weight_hh_l0", "W_hh")
    assert (found.norm, found.zeros) == (pytest.approx(2), 0.5)
    assert found.radius == pytest.approx(1)


def test_the_total_bias_of_the_forget_gate(tmp_path: Path) -> None:
    model: Any = nn.LSTM(3, 2, bidirectional=True)
    nn.init.zeros_(model.bias_ih_l0_reverse)
    nn.init.zeros_(model.bias_hh_l0_reverse)
    model.bias_ih_l0_reverse.data[2:4] = torch.tensor([1.0, 2.0])
    forward, backward = read(tmp_path / "m.pt", model).layers[0].values.forget_biases
    assert (forward.place, backward.place) == ("layer 0 forward", "layer 0 backward")
    assert (backward.mean, backward.least, backward.most) == (1.5, 1, 2)


def broken(
    tmp_path: Path, change: Callable[..., Any], kind: type = nn.LSTM, size: int = 4
) -> Report:
    torch.manual_seed(1)
    model = nn.ModuleDict({"rnn": kind(3, size)})
    with torch.no_grad():
        change(model["rnn"])
    return read(tmp_path / "m.pt", model)


def test_numbers_that_are_not_finite(tmp_path: Path) -> None:
    def change(lstm: Any) -> None:
        lstm.weight_hh_l0[5, 0] = NAN
        lstm.weight_hh_l0[6, :2] = -INF

    report = broken(tmp_path, change)
    assert [(f.code, f.message) for f in report.findings] == [
        ("RNN135", "rnn: W_hf of weight_hh_l0 holds 1 NaN and 2 infinite numbers.")
    ]
    found = block(report, "weight_hh_l0", "W_hf")
    assert (found.nan, found.inf, found.norm) == (1, 2, None)
    assert math.isfinite(found.mean)
    assert block(report, "weight_hh_l0", "W_hi").norm > 0
    assert json.loads(report.to_text("json"))["layers"][0]["values"]["blocks"][5]["nan"] == 1


def test_nothing_but_nan(tmp_path: Path) -> None:
    report = broken(tmp_path, lambda lstm: lstm.bias_ih_l0.fill_(NAN))
    found = block(report, "bias_ih_l0", "b_ii")
    assert (found.mean, found.largest, found.nan) == (None, None, 4)
    assert len(report.findings) == 4


def test_a_weight_that_is_zero_and_a_bias_that_may_be(tmp_path: Path) -> None:
    def change(lstm: Any) -> None:
        lstm.weight_ih_l0[8:12] = 0
        lstm.bias_ih_l0.zero_()

    (finding,) = broken(tmp_path, change).findings
    assert finding.message.startswith("rnn: every number in W_ig of weight_ih_l0 is 0")


def test_two_gates_with_the_same_numbers(tmp_path: Path) -> None:
    def change(gru: Any) -> None:
        for parameter in gru.parameters():
            parameter[4:8] = parameter[:4]

    (finding,) = broken(tmp_path, change, nn.GRU).findings
    assert finding.message == (
        "rnn: layer 0 forward: the gates r and z have the same weights and biases."
    )


def test_one_block_in_common_is_no_mistake(tmp_path: Path) -> None:
    def change(gru: Any) -> None:
        for gate in range(3):  # every gate's recurrent weight the identity: an initialisation
            gru.weight_hh_l0[4 * gate : 4 * gate + 4] = torch.eye(4)

    assert broken(tmp_path, change, nn.GRU).findings == ()


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
def test_a_layer_as_torch_made_it_looks_never_trained(tmp_path: Path, kind: type) -> None:
    torch.manual_seed(2)
    (note,) = read(tmp_path / "m.pt", kind(30, 40, 2)).layers[0].values.notes
    assert note.startswith("looks never trained")
    assert "±1/sqrt(40) = ±0.1581" in note


@pytest.mark.parametrize("change", ["one step", "normal", "narrower", "small"])
def test_what_was_trained_or_made_otherwise_does_not(tmp_path: Path, change: str) -> None:
    torch.manual_seed(3)
    layer = nn.GRU(30, 40) if change != "small" else nn.GRU(3, 4)
    if change == "one step":
        layer(torch.randn(5, 3, 30))[0].sum().backward()
        torch.optim.Adam(layer.parameters(), 1e-3).step()
    for parameter in layer.parameters():
        if change == "normal":
            nn.init.trunc_normal_(parameter, std=0.04, a=-0.15, b=0.15)
        if change == "narrower":
            nn.init.uniform_(parameter, -0.14, 0.14)
    assert read(tmp_path / "m.pt", layer).layers[0].values.notes == ()


def test_layers_with_the_same_weights(tmp_path: Path) -> None:
    model = nn.ModuleDict({"a": nn.GRU(3, 3, 2), "b": nn.GRU(3, 3), "c": nn.GRU(3, 3)})
    model["b"].weight_hh_l0 = model["a"].weight_hh_l0
    model["c"].load_state_dict({k: v for k, v in model["a"].state_dict().items() if "l0" in k})
    notes = [layer.values.notes for layer in read(tmp_path / "m.pt", model).layers]
    assert notes[0] == notes[2] == ("the same weights in a layer 0 forward and c layer 0 forward",)
    assert notes[1] == ()


def test_what_is_not_read_is_said(tmp_path: Path) -> None:
    path = tmp_path / "old.pt"
    torch.save(nn.GRU(2, 3).state_dict(), path, _use_new_zipfile_serialization=False)
    (layer,) = inspect_weights(path, values=True).layers
    assert layer.values.blocks == ()
    assert layer.values.notes[0].startswith("not read, being kept in another form: weight_ih_l0")


def test_views_are_not_read_as_what_they_are_not(tmp_path: Path) -> None:
    state = nn.GRU(3, 3).state_dict()
    state["weight_hh_l0"] = torch.zeros(3, 9).t()
    torch.save(state, tmp_path / "m.pt")
    (layer,) = inspect_weights(tmp_path / "m.pt", values=True).layers
    assert {b.parameter for b in layer.values.blocks} == {
        "weight_ih_l0",
        "bias_ih_l0",
        "bias_hh_l0",
    }


def test_a_terminal_and_a_document_show_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "m.pt"
    torch.save(nn.LSTM(3, 4, proj_size=2).state_dict(), path)
    assert run(["inspect", str(path), "--values"]) == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    assert "forget gate, layer 0 forward: b_if + b_hf =" in shown
    report = rnnscope.inspect(path)
    assert "values" not in report.to_dict()
    assert "| weight_hr_l0 | weight_hr_l0 |" in inspect_weights(path, values=True).to_text(
        "markdown"
    )
    page = inspect_weights(path, values=True).to_text("html")
    assert "<h2>Values</h2>" in page
    assert "not called" not in page
