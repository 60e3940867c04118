"""A layer built and run on random inputs, and the sizes that are not."""

import warnings

import pytest
import torch
from conftest import at_least
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from rnnscope.call import Call
from rnnscope.config import RNNConfig
from rnnscope.config_validation import DTYPES
from rnnscope.errors import DeviceError
from rnnscope.facts import differences
from rnnscope.measuring import random_run
from rnnscope.measuring.random_run import (
    measure_config,
    measure_module,
    needed_bytes,
    random_arguments,
)
from rnnscope.prediction import predict
from rnnscope.strategies import calls, configs

CASES = configs(max_dropout=0.5, max_layers=4).flatmap(
    lambda config: st.tuples(st.just(config), calls(config))
)
HUGE = RNNConfig("LSTM", 100_000, 200_000, num_layers=8, bidirectional=True)


@at_least(300)
@given(CASES)
def test_what_is_predicted_is_measured(drawn: tuple[RNNConfig, Call]) -> None:
    config, call = drawn
    measurement = measure_config(config, call)
    assert measurement.complete
    assert differences(predict(config, call), measurement.facts) == ()
    assert measurement.facts.call == call


@given(configs(dtypes=DTYPES))
def test_every_dtype_agrees_or_says_why_it_does_not_run(config: RNNConfig) -> None:
    measurement = measure_config(config)
    assert differences(predict(config), measurement.facts) == ()
    assert measurement.complete or measurement.incomplete.startswith("torch refuses: ")


def test_the_measured_layer_gives_its_result_again() -> None:
    measurement = measure_config(RNNConfig("LSTM", 10, 20, num_layers=2, dropout=0.5))
    with torch.no_grad():
        output, _ = measurement.module(*measurement.inputs)
    assert torch.equal(output, measurement.result[0])


def test_a_seed_gives_the_same_numbers_and_another_others() -> None:
    config = RNNConfig("GRU", 3, 4)
    first, again, other = (measure_config(config, seed=seed).result[1] for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("text", ["LSTM(3, 4, 2, dropout=0.5)", "RNN(3, 4, dtype=torch.float16)"])
def test_nothing_of_torch_is_changed(text: str) -> None:
    before = torch.get_rng_state(), torch.is_grad_enabled(), torch.get_default_dtype()
    measure_config(RNNConfig.parse(text), Call(lengths=(2, 3)))
    state, grad, dtype = torch.get_rng_state(), torch.is_grad_enabled(), torch.get_default_dtype()
    assert torch.equal(before[0], state)
    assert before[1:] == (grad, dtype)


def test_no_hook_that_is_on_all_modules_hears_of_it() -> None:
    heard = []
    handle = nn.modules.module.register_module_forward_hook(lambda *a: heard.append(a))
    try:
        assert measure_config(RNNConfig("LSTM", 3, 4)).complete
    finally:
        handle.remove()
    assert heard == []


def test_no_warning_comes_out_of_it() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        measure_config(RNNConfig("LSTM", 3, 4, proj_size=2, dropout=0.5))


def test_omitted_states_are_zeros_of_the_shape_that_torch_checks() -> None:
    measurement = measure_config(RNNConfig("LSTM", 3, 4, num_layers=2))
    h_0, c_0 = measurement.inputs[1]
    assert h_0.shape == c_0.shape == (2, 3, 4)
    assert not h_0.any()
    assert not c_0.any()
    assert not measurement.facts.tensor("h_0").given


def test_given_states_are_drawn() -> None:
    measurement = measure_config(RNNConfig("GRU", 3, 4), Call(states_given=True))
    assert measurement.inputs[1].any()
    assert measurement.facts.tensor("h_0").given


@pytest.mark.parametrize(
    ("config", "call", "why"),
    [
        (HUGE, Call(), "parameters are more than"),
        (RNNConfig("LSTM", 1000, 1000), Call(batch=100, seq_len=1000), "multiply-accumulates"),
        (RNNConfig("RNN", 1, 1), Call(batch=1, seq_len=2_000_000), "time steps"),
        (RNNConfig("GRU", 10, 20, device="meta"), Call(), "meta device"),
    ],
)
def test_of_what_is_not_run_the_parameters_are_measured(
    config: RNNConfig, call: Call, why: str
) -> None:
    measurement = measure_config(config, call)
    assert not measurement.complete
    assert why in measurement.incomplete
    assert measurement.facts.tensors == ()
    assert measurement.facts.call == call
    assert measurement.module.weight_ih_l0.is_meta
    assert differences(predict(config, call), measurement.facts) == ()


def test_torchs_own_reason_is_told_and_the_parameters_are_measured() -> None:
    config = RNNConfig("RNN", 3, 4, nonlinearity="relu", dtype="complex64")
    measurement = measure_config(config)
    assert measurement.incomplete == (
        "torch refuses: clamp is not supported for complex types; tensors are predicted only"
    )
    assert differences(predict(config), measurement.facts) == ()
    assert measurement.facts.parameters


def test_what_does_not_fit_into_memory_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random_run, "available_bytes", lambda device: 1000)
    measurement = measure_config(RNNConfig("LSTM", 300, 300))
    assert "1,000 are free on cpu" in measurement.incomplete


def test_the_bytes_that_a_run_needs_are_not_underestimated() -> None:
    config, call = RNNConfig("LSTM", 100, 200), Call(batch=8, seq_len=50)
    facts = predict(config, call)
    tensors = sum(t.axes.numel for t in facts.tensors) * 4
    assert needed_bytes(config, call) >= facts.parameter_bytes + tensors


def test_a_device_that_is_not_there() -> None:
    with pytest.raises(DeviceError, match=r"'cuda:99'.*choose cpu"):
        measure_config(RNNConfig("LSTM", 3, 4, device="cuda:99"))


def test_a_live_layer_is_run_in_the_mode_it_is_in() -> None:
    lstm = nn.LSTM(3, 4, 2, dropout=0.5)
    measurement = measure_module(lstm, RNNConfig.of(lstm))
    assert measurement.complete
    assert measurement.module is lstm
    assert lstm.training


def test_packed_arguments_are_sorted_only_where_they_must_be() -> None:
    config = RNNConfig("GRU", 3, 4)
    assert random_arguments(config, Call(lengths=(3, 2)))[0].sorted_indices is None
    assert random_arguments(config, Call(lengths=(2, 3)))[0].sorted_indices.tolist() == [1, 0]
