"""Layers in weights files: recognised by names and shapes, and never taken for another layer."""

from __future__ import annotations

import argparse
import json
import pickle
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import at_least
from hypothesis import assume, given
from hypothesis import strategies as st
from test_architecture import without_torch
from torch import nn
from torch.nn.utils import parametrizations, prune
from weights_files import safe_state

import rnnscope
from rnnscope.cli import run
from rnnscope.config import RNNConfig
from rnnscope.errors import SubjectError
from rnnscope.strategies import configs
from rnnscope.weights.checking import stored_layers
from rnnscope.weights.reading import read_tensors
from rnnscope.weights.recognition import layers_in
from rnnscope.weights.stored import Stored

PREFIXES = ("", "encoder.", "module.", "_orig_mod.", "state_dict.module.encoder.layers.0.rnn.")
DTYPES = ("float16", "bfloat16", "float32", "float64")


def told(config: RNNConfig) -> RNNConfig:
    """The configuration as far as names and shapes tell it."""
    silent: dict[str, Any] = {"batch_first": False, "dropout": 0.0}
    if config.nonlinearity:
        silent["nonlinearity"] = "tanh"
    return replace(config, **silent)


def state_of(config: RNNConfig, prefix: str = "") -> dict[str, torch.Tensor]:
    return {prefix + name: value for name, value in config.build().state_dict().items()}


def stored(state: dict[str, torch.Tensor]) -> list[Stored]:
    return [
        Stored(n, tuple(t.shape), str(t.dtype).removeprefix("torch.")) for n, t in state.items()
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("weights")


@at_least(200)
@given(config=configs(dtypes=DTYPES), prefix=st.sampled_from(PREFIXES), form=st.integers(0, 4))
def test_every_configuration_is_recognised_in_every_file(
    folder: Path, config: RNNConfig, prefix: str, form: int
) -> None:
    state = state_of(config, prefix)
    path = folder / ("model.safetensors" if form == 0 else "model.pt")
    if form == 0:
        path.write_bytes(safe_state(state))
    elif form == 1:
        torch.save(state, path)
    elif form == 2:
        torch.save({"epoch": 3, "ema": {"nested": [1, 2], "state_dict": state}}, path)
    elif form == 3:
        torch.save(state, path, pickle_protocol=4)
    else:
        torch.save(state, path, _use_new_zipfile_serialization=False)
    (layer,) = stored_layers(path)
    assert (layer.config, layer.problem) == (told(config), None)
    assert layer.facts().parameter_bytes == sum(t.numel() * t.itemsize for t in state.values())
    assert list(rnnscope.configs_of(path).values()) == [told(config)]
    assert list(rnnscope.configs_of(state).values()) == [told(config)]
    plain = prefix.removeprefix("state_dict.").removeprefix("module.").removeprefix("_orig_mod.")
    assert form == 2 or layer.path == plain.rstrip(".")


@at_least(300)
@given(config=configs(), data=st.data())
def test_one_tensor_less_or_reshaped_is_no_other_layer(
    config: RNNConfig, data: st.DataObject
) -> None:
    state = state_of(config, "rnn.")
    name = data.draw(st.sampled_from(sorted(state)))
    tensor = state[name]
    shapes = [(tensor.numel(),), (tensor.numel(), 1), (1, tensor.numel()), tensor.shape[::-1]]
    shape = data.draw(st.sampled_from([None, *(s for s in shapes if s != tuple(tensor.shape))]))
    if shape is None:
        del state[name]
    else:
        state[name] = tensor.reshape(shape)
        assume(state[name].shape != tensor.shape)
    (layer,) = layers_in(stored(state))
    assert layer.config is None
    assert " is missing" in layer.problem or " is (" in layer.problem


@at_least(50)
@given(config=configs(dtypes=("float32",)))
def test_the_file_is_read_as_torch_reads_it(folder: Path, config: RNNConfig) -> None:
    path = folder / "same.pt"
    state = state_of(config, "rnn.")
    torch.save({"state_dict": state, "optimizer": {"lr": 0.1, "params": [0, 1]}}, path)
    loaded = torch.load(path, weights_only=True)["state_dict"]
    found = read_tensors(path)
    assert list(found) == [f"state_dict.{name}" for name in loaded]
    for name, tensor in loaded.items():
        seen = found[f"state_dict.{name}"]
        assert (seen.shape, seen.nbytes) == (tuple(tensor.shape), tensor.numel() * 4)
        numbers = path.read_bytes()[seen.offset : seen.offset + seen.nbytes]
        assert torch.equal(
            torch.frombuffer(bytearray(numbers), dtype=torch.float32), tensor.view(-1)
        )


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.ModuleDict({"lstm": nn.LSTM(10, 20, 2, bidirectional=True)})
        self.decoder = nn.GRUCell(4, 8, bias=False)
        self.head = nn.Linear(8, 3)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "model.pt"
    torch.save(Model().state_dict(), path)
    return path


def test_layers_of_a_model_by_path(saved: Path) -> None:
    found = {path: str(config) for path, config in rnnscope.configs_of(saved).items()}
    assert found == {
        "encoder.lstm": "LSTM(10, 20, num_layers=2, bidirectional=True)",
        "decoder": "GRUCell(4, 8, bias=False)",
    }


def test_a_whole_pickled_model_and_a_scripted_one(tmp_path: Path) -> None:
    torch.save(nn.Sequential(nn.DataParallel(nn.RNN(2, 3)), Model()), tmp_path / "whole.pt")
    assert list(rnnscope.configs_of(tmp_path / "whole.pt")) == [
        "0.module",
        "1.encoder.lstm",
        "1.decoder",
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(nn.Sequential(nn.GRU(2, 3))), tmp_path / "script.pt")
    assert str(rnnscope.configs_of(tmp_path / "script.pt")["0"]) == "GRU(2, 3)"


def test_a_checkpoint_with_objects_that_torch_refuses(tmp_path: Path) -> None:
    path = tmp_path / "last.ckpt"
    options = argparse.Namespace(lr=0.1, path=Path("data"), hidden={1, 2})
    torch.save({"hyper_parameters": options, "state_dict": nn.GRU(2, 3).state_dict()}, path)
    with pytest.raises(pickle.UnpicklingError):
        torch.load(path, weights_only=True)
    assert str(rnnscope.configs_of(path)[""]) == "GRU(2, 3)"


@pytest.mark.parametrize("wrap", ["weight_norm", "spectral_norm", "old weight_norm", "pruned"])
def test_a_weight_that_is_computed_has_its_shape(wrap: str, tmp_path: Path) -> None:
    lstm = nn.LSTM(4, 5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if wrap == "old weight_norm":
            nn.utils.weight_norm(lstm, "weight_hh_l0")
        elif wrap == "pruned":
            prune.random_unstructured(lstm, "weight_hh_l0", 0.5)
        else:
            getattr(parametrizations, wrap)(lstm, "weight_hh_l0")
    torch.save(
        {"rnn." + name: value for name, value in lstm.state_dict().items()}, tmp_path / "m.pt"
    )
    (layer,) = stored_layers(tmp_path / "m.pt")
    assert (layer.path, str(layer.config)) == ("rnn", "LSTM(4, 5)")
    assert layer.notes[0].startswith("weight_hh_l0 is computed of")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"weight_hh_l0": None}, "weight_hh_l0 is missing"),
        ({"bias_hh_l0": None}, "bias_hh_l0 is missing"),
        ({"weight_hr_l0": None}, "its rows are not 4 (LSTM), 3 (GRU) or 1 (RNN) times 3"),
        ({"weight_ih_l0": (24, 5, 1)}, "weight_ih_l0 is (24, 5, 1), and torch's has two axes"),
        ({"weight_ih_l7": (24, 3)}, "weight_ih_l1 is missing"),
        ({"weight_ih_l99999": (24, 3)}, "at most 10,000 layers"),
        ({"bias_ih_l0": (6,)}, "bias_ih_l0 is (6,), not (24,)"),
        ({"weight_ih": (24, 5)}, "weight_ih_l0 has no place in it"),
        ({"weight_hr_l0": (6, 6)}, "proj_size=6 is not possible"),
    ],
)  # fmt: skip
def test_why_parameters_are_no_layer(change: dict[str, Any], said: str) -> None:
    state = {name: tuple(t.shape) for name, t in nn.LSTM(5, 6, proj_size=3).state_dict().items()}
    changed = {name: shape for name, shape in (state | change).items() if shape is not None}
    if "weight_ih" in change:
        changed["weight_hh"] = (24, 6)
    (layer,) = layers_in(Stored(name, shape, "float32") for name, shape in changed.items())
    assert layer.config is None
    assert said in layer.problem


def test_a_cell_of_no_size_is_of_no_kind() -> None:
    (layer,) = layers_in(
        [Stored("weight_ih", (0, 3), "float32"), Stored("weight_hh", (0, 0), "float32")]
    )
    assert layer.config is None


def test_numbers_of_no_recurrent_layer() -> None:
    (layer,) = layers_in([Stored("weight_ih", (9, 2), "int8"), Stored("weight_hh", (9, 3), "int8")])
    assert layer.problem == "weight_ih is int8, no dtype of a recurrent layer"


def test_dtypes_that_differ_are_told(tmp_path: Path) -> None:
    state = nn.GRU(2, 3).state_dict()
    state["bias_hh_l0"] = state["bias_hh_l0"].double()
    torch.save(state, tmp_path / "m.pt")
    (layer,) = rnnscope.inspect(tmp_path / "m.pt").layers
    assert layer.notes == ("bias_hh_l0 is float64",)
    assert layer.facts.parameter("bias_hh_l0").nbytes == 72


def test_what_shapes_do_not_tell_is_unknown(
    saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["inspect", str(saved), "--format", "json"]) == 0
    lstm, cell = json.loads(capsys.readouterr().out)["layers"]
    assert lstm["unknown"] == ["batch_first", "dropout"]
    assert (lstm["config"]["batch_first"], lstm["config"]["dropout"]) == (None, None)
    assert (lstm["config"]["bidirectional"], lstm["parameter_count"]) == (True, 15040)
    assert cell["unknown"] == []


def test_what_a_terminal_shows(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inspect", str(saved), "--prefix", "encoder."]) == 0
    shown = capsys.readouterr().out
    assert "encoder.lstm  LSTM(10, 20, num_layers=2, bidirectional=True)  float32" in shown
    assert "no shape tells batch_first, dropout: unknown." in shown
    assert "layer 1, both directions  (80, 40)" in shown
    assert "decoder" not in shown
    assert "(L, N, " not in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_what_is_shown_in_full(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inspect", str(saved), "--full"]) == 0
    shown = capsys.readouterr().out
    assert "weight_ih_l1_reverse  (4*H_cell, D*H_out)  = (80, 40)" in shown
    assert "calls" not in shown


@pytest.mark.parametrize("format", ["markdown", "html", "svg", "plain"])
def test_other_formats_show_it(saved: Path, format: str) -> None:
    text = rnnscope.inspect(saved).to_text(format)
    assert ("encoder.lstm" in text) == (format != "plain")


def against(
    saved: Path, capsys: pytest.CaptureFixture[str], wanted: str, *options: str
) -> tuple[int, str]:
    status = run(["inspect", str(saved), "--against", wanted, "--format", "plain", *options])
    return status, capsys.readouterr().out


def test_against_a_layer_names_the_option_of_each_parameter(
    saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, shown = against(saved, capsys, "nn.LSTM(10, 20, 2)", "--prefix", "encoder")
    assert status == 1
    assert "RNN134 error: encoder.lstm: the file has LSTM(10, 20, num_layers=2" in shown
    assert "weight_ih_l1 is (80, 40), not (80, 20): the checkpoint is bidirectional" in shown
    assert "weight_hh_l0_reverse (80, 20) is left over: the checkpoint is bidirectional" in shown
    assert "bias_ih_l0 " not in shown


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("LSTM(10, 20, 3, bidirectional=True)", "weight_ih_l2 is missing: {} num_layers=2"),
        ("LSTM(11, 20, 2, bidirectional=True)", "is (80, 10), not (80, 11): {} input_size=10"),
        ("LSTM(10, 5, 2, bidirectional=True)", "is (80, 20), not (20, 5): {} hidden_size=20"),
        ("GRU(10, 20, 2, bidirectional=True)", "is (80,), not (60,): the checkpoint is of LSTM"),
        ("LSTM(10, 20, 2, False, bidirectional=True)", "bias_ih_l1 (80,) is left over: {} a bias"),
        ("LSTM(10, 20, 2, bidirectional=True, proj_size=9)", "weight_hr_l0 is missing: {} proj_"),
    ],
)
def test_against_each_option(
    saved: Path, capsys: pytest.CaptureFixture[str], wanted: str, said: str
) -> None:
    status, shown = against(saved, capsys, wanted, "--prefix", "encoder.lstm")
    assert status == 1
    assert said.format("the checkpoint has") in shown


@at_least(200)
@given(config=configs(), wanted=configs())
def test_against_tells_exactly_what_differs(config: RNNConfig, wanted: RNNConfig) -> None:
    from rnnscope.weights.fitting import misfits

    (layer,) = layers_in(stored(state_of(config)))
    built = wanted.build().state_dict()
    own = layer.shapes
    expected = {
        n for n in own.keys() | built if own.get(n) != (built[n].shape if n in built else None)
    }
    lines = list(misfits(layer, wanted))
    assert {line.split(" ")[0] for line in lines} == expected
    assert all(": the checkpoint " in line for line in lines)


def test_against_what_it_is_finds_nothing(
    saved: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert against(saved, capsys, "GRUCell(4, 8, bias=False)", "--prefix", "decoder") == (0, "")
    source = (
        "from torch import nn\n\nclass Net(nn.Module):\n    def __init__(self, size=20):\n"
        "        super().__init__()\n"
        "        self.encoder = nn.ModuleDict({'lstm': nn.LSTM(10, size, 2, bidirectional=True)})\n"
        "        self.decoder = nn.GRUCell(4, 8, bias=False)\n\n"
        "other = Net(30)\n\nclass Needs(nn.Module):\n    def __init__(self, size):\n        pass\n"
    )
    (tmp_path / "net.py").write_text(source)
    assert against(saved, capsys, f"{tmp_path}/net.py:Net") == (0, "")
    status, shown = against(saved, capsys, f"{tmp_path}/net.py:other")
    assert status == 1
    assert "the checkpoint has hidden_size=20" in shown
    assert run(["inspect", str(saved), "--against", f"{tmp_path}/net.py:Needs"]) == 2
    assert "cannot be built without arguments" in capsys.readouterr().err


def test_against_a_model_with_other_paths(
    saved: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "net.py").write_text(
        "from torch import nn\nnet = nn.ModuleDict({'rnn': nn.GRU(2, 3)})\n"
    )
    status, shown = against(saved, capsys, f"{tmp_path}/net.py:net")
    assert status == 1
    assert "rnn: " in shown
    assert "has GRU(2, 3) there, the file has encoder.lstm, decoder." in shown
    assert "decoder: the file has a layer there" in shown


def test_parameters_of_no_layer_are_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = nn.GRU(2, 3).state_dict()
    del state["bias_hh_l0"]
    torch.save(state, tmp_path / "m.pt")
    assert run(["inspect", str(tmp_path / "m.pt"), "--format", "plain"]) == 1
    assert (
        "RNN133 warning: these parameters are no layer of torch.nn: bias_hh_l0"
        in capsys.readouterr().out
    )
    assert rnnscope.configs_of(tmp_path / "m.pt") == {}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--layers", "2"], "--layers=2 is not possible: "),
        (["--batch-first"], "model.pt is a weights file, leave it out"),
        (["--states"], "--states=True is not possible"),
        (["--prefix", "nowhere"], "is the path of no layer: the file has encoder.lstm, decoder."),
        (["--against", "LSTM(10"], "LSTM(10"),
        (["10", "20"], "argument='10'"),
    ],
)
def test_words_that_do_not_fit(
    saved: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["inspect", str(saved), *words]) == 2
    assert said in capsys.readouterr().err


def test_options_for_files_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inspect", "LSTM", "10", "20", "--no-run", "--against", "GRU(2, 3)"]) == 2
    assert "LSTM is no weights file, name a file that ends in .pt" in capsys.readouterr().err


def test_what_is_no_state_dict() -> None:
    with pytest.raises(SubjectError, match="int is no state_dict"):
        rnnscope.configs_of(3)
    assert rnnscope.configs_of({"lr": 0.1, "weight_ih_l0": None}) == {}


def test_names_and_shapes_are_told_without_torch(saved: Path) -> None:
    program = f"from rnnscope.cli import main\nmain(['inspect', {str(saved)!r}])"
    done = without_torch(program)
    assert (done.returncode, done.stderr) == (0, "")
    assert "GRUCell(4, 8, bias=False)" in done.stdout


def test_the_same_path_twice_is_shown_in_full() -> None:
    shapes = {"weight_ih": (9, 2), "weight_hh": (9, 3)}
    both = [
        Stored(f"{p}{n}", s, "float32") for p in ("rnn.", "module.rnn.") for n, s in shapes.items()
    ]
    assert [layer.path for layer in layers_in(both)] == ["rnn", "module.rnn"]
