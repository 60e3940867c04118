"""The recurrent layers of a model: each once, under all of its names."""

import warnings
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

from rnnscope.errors import SubjectError
from rnnscope.measuring.find_layers import layers_of, unwrapped


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(10, 4)
        self.encoder = nn.ModuleDict({"lstm": nn.LSTM(4, 5), "norm": nn.LayerNorm(5)})
        self.decoder = nn.GRUCell(4, 5)
        self.tied = self.encoder["lstm"]


def paths(model: nn.Module) -> list[tuple[str, ...]]:
    return [layer.paths for layer in layers_of(model)]


def test_layers_are_found_wherever_they_are() -> None:
    assert paths(Model()) == [("encoder.lstm", "tied"), ("decoder",)]
    assert paths(nn.Sequential(nn.Sequential(nn.Linear(2, 2)), nn.RNN(2, 2))) == [("1",)]


def test_a_model_that_is_a_layer_has_the_empty_path() -> None:
    assert paths(nn.LSTM(2, 3)) == [("",)]


def test_one_layer_twice_under_the_same_parent() -> None:
    gru = nn.GRU(2, 2)
    assert paths(nn.ModuleList([gru, gru])) == [("0", "1")]
    assert paths(nn.Sequential(nn.ModuleList([gru]), nn.ModuleList([gru]))) == [("0.0", "1.0")]


def test_a_child_that_holds_its_parent_is_no_endless_loop() -> None:
    model = Model()
    model.decoder.parent = model
    assert paths(model) == [("encoder.lstm", "tied"), ("decoder",)]


@pytest.mark.parametrize("thing", [3, None, nn.LSTM, "LSTM(10, 20)", torch.zeros(2)])
def test_what_is_no_module_is_refused(thing: object) -> None:
    with pytest.raises(SubjectError, match="is no layer: give a torch"):
        layers_of(thing)


def test_a_model_without_a_recurrent_layer_is_refused() -> None:
    with pytest.raises(SubjectError, match="Sequential has no recurrent layer inside"):
        layers_of(nn.Sequential(nn.Linear(2, 3)))


def test_a_look_alike_that_is_no_layer_of_torch() -> None:
    class LSTM(nn.Module):
        input_size = hidden_size = 3

    with pytest.raises(SubjectError, match="no recurrent layer"):
        layers_of(LSTM())


@pytest.mark.filterwarnings("ignore")
def test_torch_compile_leaves_no_trace_in_the_names() -> None:
    lstm = nn.LSTM(2, 3)
    compiled: Any = torch.compile(lstm, backend="eager")
    assert unwrapped(compiled) is lstm
    inner: Any = torch.compile(nn.Sequential(lstm), backend="eager")
    assert paths(nn.Sequential(inner)) == [("0.0",)]


@pytest.mark.filterwarnings("ignore")
def test_a_scripted_layer_keeps_its_options() -> None:
    scripted = torch.jit.script(nn.Sequential(nn.RNN(2, 3, 2, nonlinearity="relu")))
    (layer,) = layers_of(scripted)
    assert str(layer.config) == "RNN(2, 3, num_layers=2, nonlinearity='relu')"
    assert layer.scripted
    assert layer.notes == ("scripted: it runs outside Python",)


@pytest.mark.filterwarnings("ignore")
def test_a_traced_layer_has_no_options_left() -> None:
    traced = torch.jit.trace(nn.Sequential(nn.LSTM(2, 3)), torch.zeros(5, 1, 2))
    with pytest.raises(SubjectError):
        layers_of(traced)


def test_a_quantized_layer_is_told_to_have_no_parameters() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        quantize = pytest.importorskip("torch.ao.quantization").quantize_dynamic
        try:
            model = quantize(nn.Sequential(nn.LSTM(4, 5)), {nn.LSTM})
        except RuntimeError:
            pytest.skip("this build of torch has no engine for quantized layers")
    (layer,) = layers_of(model)
    assert layer.quantized
    assert (layer.config.input_size, layer.config.hidden_size) == (4, 5)
    assert "no parameters" in layer.notes[0]


def test_computed_weights_are_noted() -> None:
    (layer,) = layers_of(parametrizations.weight_norm(nn.GRU(2, 3), "weight_hh_l0"))
    assert layer.notes[0].startswith("weight_hh_l0 computed from other tensors")
    assert "parametrizations.weight_hh_l0.original0" in layer.notes[0]


def test_a_layer_on_meta_is_noted() -> None:
    (layer,) = layers_of(nn.GRU(2, 3, device="meta"))
    assert "meta" in layer.notes[0]


def test_a_plain_layer_has_no_notes() -> None:
    assert layers_of(nn.GRU(2, 3))[0].notes == ()
