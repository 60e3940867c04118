"""Live models: their real calls, their failures, and that nothing of them is changed."""

import random
import re
from typing import Any

import pytest
import torch
from conftest import at_least
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils import parametrizations
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import rnnscope
from rnnscope.call import Call
from rnnscope.config import RNNConfig
from rnnscope.errors import SubjectError
from rnnscope.facts import differences
from rnnscope.measuring.inspection import ModelInspection, inspect_model
from rnnscope.strategies import calls, configs
from rnnscope.strategies.tensors import make_input, make_states

pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported")


class Translator(nn.Module):
    """An encoder, a decoder cell called in a loop, a layer that is never called."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(50, 10)
        self.unused = nn.GRU(3, 4)
        self.encoder = nn.ModuleDict(
            {"lstm": nn.LSTM(10, 20, 2, batch_first=True, bidirectional=True, dropout=0.5)}
        )
        self.norm = nn.BatchNorm1d(40)
        self.decoder = nn.LSTMCell(10, 40)
        self.tied = self.decoder
        self.head = nn.Linear(40, 50)
        self.hidden = None

    def forward(
        self, tokens: Tensor, lengths: Any = None, steps: int = 7, narrow: int = 0, drop: int = 0
    ) -> Tensor:
        embedded = self.embedding(tokens)
        if lengths is None:
            output, self.hidden = self.encoder["lstm"](embedded)
        else:
            packed = pack_padded_sequence(embedded, lengths, batch_first=True, enforce_sorted=False)
            output, self.hidden = self.encoder["lstm"](packed)
            output, _ = pad_packed_sequence(output, batch_first=True)
        state = self.norm(output[:, -1])
        hx = (state, state[drop:])
        for _ in range(steps):
            random.random()
            hx = self.decoder(embedded[:, 0], hx)
        scores: Tensor = self.head(hx[0][:, narrow:])
        return scores


TOKENS = torch.arange(15).view(3, 5)


def by_path(inspection: ModelInspection) -> dict[str, Any]:
    return {layer.paths[0]: layer for layer in inspection.layers}


def test_every_layer_with_its_real_call() -> None:
    inspection = inspect_model(Translator(), TOKENS)
    assert inspection.failure is None
    assert not inspection.single
    assert [layer.paths for layer in inspection.layers] == [
        ("encoder.lstm",),
        ("decoder", "tied"),
        ("unused",),
    ]
    (call,) = by_path(inspection)["encoder.lstm"].calls
    shapes = {t.name: t.shape for t in call.measured.tensors}
    assert shapes["input"] == (3, 5, 10)
    assert shapes["output"] == (3, 5, 40)
    assert shapes["h_0"] == shapes["c_n"] == (4, 3, 20)
    assert call.incomplete is None


def test_predicted_and_measured_agree() -> None:
    for layer in inspect_model(Translator(), TOKENS).layers:
        assert [call.differences for call in layer.calls] == [()]


def test_states_left_to_torch_are_told_from_given_ones() -> None:
    layers = by_path(inspect_model(Translator(), TOKENS))
    given = {
        path: layers[path].calls[0].measured.tensor("h_0").given
        for path in layers
        if path != "unused"
    }
    assert given == {"encoder.lstm": False, "decoder": True}


def test_calls_of_the_same_shapes_are_counted() -> None:
    (call,) = by_path(inspect_model(Translator(), TOKENS))["decoder"].calls
    assert (call.index, call.count) == (0, 7)


def test_calls_of_other_shapes_are_listed() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gru = nn.GRU(2, 3)

        def forward(self, x: Tensor) -> None:
            for length in (4, 2, 4):
                self.gru(x[:length])

    (layer,) = inspect_model(Twice(), torch.zeros(4, 1, 2)).layers
    assert [(call.index, call.count) for call in layer.calls] == [(0, 2), (1, 1)]
    assert [call.measured.call.seq_len for call in layer.calls] == [4, 2]


def test_a_packed_call_has_its_lengths() -> None:
    layers = by_path(inspect_model(Translator(), TOKENS, lengths=[2, 5, 2]))
    (call,) = layers["encoder.lstm"].calls
    assert call.measured.call.lengths == (2, 5, 2)
    assert call.measured.packed.padded_output.shape == (3, 5, 40)
    assert call.differences == ()


def test_a_layer_that_is_not_called_says_so() -> None:
    (call,) = by_path(inspect_model(Translator(), TOKENS))["unused"].calls
    assert (call.incomplete, call.count) == ("not called", 0)
    assert call.measured.tensors == call.predicted.tensors == ()
    assert call.measured.parameters


def test_without_inputs_nothing_is_run() -> None:
    model = Translator()
    model.forward = None
    for layer in inspect_model(model).layers:
        (call,) = layer.calls
        assert call.incomplete.startswith("not run")
        assert call.differences == ()


def test_a_failing_call_is_shown_with_its_reason() -> None:
    inspection = inspect_model(Translator(), TOKENS, drop=2)
    failure = inspection.failure
    assert (failure.exception, failure.path) == ("RuntimeError", "decoder")
    assert "hidden" in failure.message
    assert failure.call.hx.items[1].shape == (1, 40)
    layers = by_path(inspection)
    assert layers["encoder.lstm"].calls[0].measured.tensor("output").shape == (3, 5, 40)
    assert layers["decoder"].calls[0].incomplete.startswith("this call raised RuntimeError")
    assert layers["decoder"].calls[0].predicted.tensor("c_0").shape == (3, 40)
    assert layers["unused"].calls[0].incomplete == "not reached: the model raised before"


def test_a_failure_elsewhere_names_the_module() -> None:
    failure = inspect_model(Translator(), TOKENS, narrow=1).failure
    assert (failure.path, failure.call) == ("head", None)
    assert "mat1 and mat2" in failure.message


def test_a_failure_of_the_models_own_code() -> None:
    failure = inspect_model(Translator(), TOKENS, unknown=1).failure
    assert failure.exception == "TypeError"
    assert "unknown" in failure.message


@pytest.mark.parametrize("options", [{}, {"drop": 2}, {"narrow": 1}])
@pytest.mark.parametrize("training", [True, False])
def test_nothing_of_the_model_is_changed(options: dict[str, int], training: bool) -> None:
    model = Translator().train(training)
    heard = []
    handle = model.decoder.register_forward_hook(lambda *a: heard.append(a))
    state = {name: value.clone() for name, value in model.state_dict().items()}
    hooks = [(dict(m._forward_hooks), dict(m._forward_pre_hooks)) for m in model.modules()]
    streams = torch.get_rng_state(), random.getstate()
    inspect_model(model, TOKENS, **options)
    inspect_model(model)
    assert hooks == [(dict(m._forward_hooks), dict(m._forward_pre_hooks)) for m in model.modules()]
    assert handle.id in model.decoder._forward_hooks
    assert not model.decoder._forward_hooks_with_kwargs
    assert not model.decoder._forward_pre_hooks_with_kwargs
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert torch.equal(streams[0], torch.get_rng_state())
    assert streams[1] == random.getstate()
    assert all(module.training is training for module in model.modules())
    assert all(p.requires_grad and p.grad is None for p in model.parameters())
    assert model.hidden is None
    assert torch.is_grad_enabled()


def test_a_keyboard_interrupt_passes_and_leaves_no_hook() -> None:
    class Slow(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gru = nn.GRU(2, 3)

        def forward(self, x: Tensor) -> None:
            raise KeyboardInterrupt

    model = Slow()
    with pytest.raises(KeyboardInterrupt):
        inspect_model(model, torch.zeros(2, 2))
    assert not model.gru._forward_hooks
    assert torch.is_grad_enabled()


@at_least(150)
@given(configs(max_dropout=0.5).flatmap(lambda c: st.tuples(st.just(c), calls(c))))
def test_a_layer_alone_agrees_for_every_call(drawn: tuple[RNNConfig, Call]) -> None:
    config, call = drawn
    layer = config.build()
    states = make_states(config, call)
    inspection = inspect_model(layer, make_input(config, call), states)
    assert inspection.single
    (seen,) = inspection.layers[0].calls
    assert seen.incomplete is None
    assert seen.differences == ()
    assert seen.measured.call.states_given == (states is not None)


def test_a_layer_alone_without_inputs_is_run_on_random_ones() -> None:
    (layer,) = inspect_model(nn.LSTM(10, 20)).layers
    assert layer.calls[0].measured.tensor("output").shape == (5, 3, 20)
    assert layer.calls[0].incomplete is None


def test_a_layer_alone_that_raises() -> None:
    inspection = inspect_model(nn.LSTM(10, 20), torch.zeros(5, 3, 11))
    assert inspection.failure.path == ""
    assert inspection.failure.call.input.shape == (5, 3, 11)


def test_states_by_name() -> None:
    gru = nn.GRU(2, 3)
    (layer,) = inspect_model(gru, input=torch.zeros(4, 1, 2), hx=torch.zeros(1, 1, 3)).layers
    assert layer.calls[0].measured.tensor("h_0").given


def test_a_class_with_a_forward_of_its_own_is_no_disagreement() -> None:
    class Last(nn.GRU):
        def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]
            return super().forward(x)[0][-1]

    model = nn.Sequential(Last(2, 3), nn.Linear(3, 1))
    inspection = inspect_model(model, torch.zeros(4, 1, 2))
    assert inspection.failure is None
    (call,) = inspection.layers[0].calls
    assert call.incomplete == "Last.forward takes or returns something of its own"
    assert call.differences == ()
    assert inspect_model(Last(2, 3)).layers[0].calls[0].incomplete.startswith("not run")


@pytest.mark.parametrize("name", ["weight_norm", "spectral_norm"])
def test_a_parametrized_layer_agrees_and_is_not_touched(name: str) -> None:
    lstm = getattr(parametrizations, name)(nn.LSTM(10, 20), "weight_hh_l0")
    before = {key: value.clone() for key, value in lstm.state_dict().items()}
    for inputs in ((), (torch.zeros(5, 3, 10),)):
        (layer,) = inspect_model(lstm, *inputs).layers
        assert layer.calls[0].incomplete is None
        assert layer.calls[0].differences == ()
        assert "computed" in layer.notes[0]
    assert all(torch.equal(value, before[key]) for key, value in lstm.state_dict().items())


@pytest.mark.filterwarnings("ignore")
def test_a_quantized_layer_is_shown_without_parameters() -> None:
    quantize = pytest.importorskip("torch.ao.quantization").quantize_dynamic
    try:
        model = quantize(nn.Sequential(nn.LSTM(10, 20)), {nn.LSTM})
    except RuntimeError:
        pytest.skip("this build of torch has no engine for quantized layers")
    for inputs in ((), (torch.zeros(5, 3, 10),)):
        (layer,) = inspect_model(model, *inputs).layers
        assert layer.calls[0].differences == ()
        assert layer.calls[0].predicted.parameters == ()
    assert layer.calls[0].measured.tensor("h_n").shape == (1, 3, 20)


@pytest.mark.filterwarnings("ignore")
def test_a_scripted_model_says_what_cannot_be_seen() -> None:
    scripted = torch.jit.script(nn.Sequential(nn.LSTM(10, 20)))
    inspection = inspect_model(scripted, torch.zeros(5, 3, 10))
    assert inspection.failure is None
    assert inspection.layers[0].calls[0].incomplete == "scripted: its calls cannot be seen"
    alone = inspect_model(torch.jit.script(nn.GRUCell(10, 20)), torch.zeros(3, 10))
    assert alone.layers[0].calls[0].measured.tensor("h_1").shape == (3, 20)


@pytest.mark.filterwarnings("ignore")
def test_wrappers_are_seen_through() -> None:
    x = torch.zeros(5, 3, 10)
    models = {
        "module.0": nn.DataParallel(nn.Sequential(nn.LSTM(10, 20))),
        "0": torch.compile(nn.Sequential(nn.LSTM(10, 20)), backend="eager"),
        "": torch.compile(nn.LSTM(10, 20), backend="eager"),
    }
    for path, model in models.items():
        (layer,) = inspect_model(model, x).layers
        assert layer.paths == (path,)
        assert layer.calls[0].differences == ()
        assert layer.calls[0].measured.tensor("output").shape == (5, 3, 20)


def test_a_model_of_unknown_sizes_is_not_given_any() -> None:
    model = nn.Sequential(nn.LazyLinear(2), nn.GRU(2, 3))
    with pytest.raises(SubjectError, match="0 has no sizes yet"):
        inspect_model(model, torch.zeros(4, 1, 7))
    assert inspect_model(model).layers[0].paths == ("1",)


def test_a_hook_of_the_user_that_changes_the_input_is_seen() -> None:
    gru = nn.GRU(2, 3)
    gru.register_forward_pre_hook(lambda module, args: (args[0][:2],))
    (layer,) = inspect_model(gru, torch.zeros(5, 1, 2)).layers
    assert layer.calls[0].measured.call.seq_len == 2


def test_what_is_inspected_is_frozen_and_holds_no_tensor() -> None:
    inspection = inspect_model(Translator(), TOKENS)
    with pytest.raises(AttributeError):
        inspection.name = "x"  # type: ignore[misc]
    assert hash(inspection)
    for call in inspection.layers[0].calls:
        assert differences(call.predicted, call.measured) == call.differences


def test_an_overview_has_what_happened_and_nothing_else() -> None:
    text = str(rnnscope.inspect(Translator(), TOKENS))
    rows = {line.split()[0].rstrip(","): line for line in text.splitlines()}
    assert "7x" in rows["decoder"]
    assert "(3, 5, 40)" in rows["encoder.lstm"]
    assert "not called" in rows["unused"]
    assert "(" not in rows["unused"]
    recurrent = (nn.RNNBase, nn.RNNCellBase)
    layers = [m for m in Translator().modules() if isinstance(m, recurrent)]
    total = sum(p.numel() for layer in layers for p in layer.parameters())
    assert rows["total"].split() == ["total", f"{total:,}"]


def test_an_overview_tells_what_was_not_reached() -> None:
    text = str(rnnscope.inspect(Translator(), TOKENS, drop=2))
    assert "not reached" in text
    assert re.search(r"decoder.*raised +\d", text)
    assert "RuntimeError: " in text.splitlines()[-1]
