"""Facts read off real layers and real calls."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils import parametrizations, prune
from torch.nn.utils.rnn import pack_padded_sequence, pack_sequence

from rnnscope.call import Call
from rnnscope.config import RNNConfig
from rnnscope.errors import CallError, SubjectError
from rnnscope.facts import differences
from rnnscope.measuring.measurement import arguments, call_of, measure, weights_of
from rnnscope.prediction import predict
from rnnscope.strategies import calls, configs
from rnnscope.strategies.tensors import make_input, make_states
from rnnscope.subjects.tensor_spec import lengths_of

# torch's advice on which library computes a projection; it says so once, to the first that asks.
pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported")

CASES = configs().flatmap(lambda config: st.tuples(st.just(config), calls(config)))


@given(CASES)
def test_a_real_call_measures_what_is_predicted(drawn: tuple[RNNConfig, Call]) -> None:
    config, call = drawn
    facts = measure(config.build(), make_input(config, call), make_states(config, call))
    assert differences(predict(config, facts.call), facts) == ()
    assert facts.call.lengths == call.lengths
    assert facts.call.states_given == call.states_given


@given(CASES)
def test_the_call_is_read_off_its_arguments(drawn: tuple[RNNConfig, Call]) -> None:
    config, call = drawn
    read = call_of(config, make_input(config, call), make_states(config, call))
    expected = (call.batch, call.batched, call.lengths, call.steps if not config.single_step else 0)
    got = (read.batch, read.batched, read.lengths, read.steps if not config.single_step else 0)
    assert got == expected


@given(st.lists(st.integers(1, 6), min_size=1, max_size=7))
def test_lengths_are_read_off_a_packed_sequence(lengths: list[int]) -> None:
    packed = pack_sequence([torch.zeros(n, 1) for n in lengths], enforce_sorted=False)
    assert lengths_of(packed) == tuple(lengths)


def test_many_equal_lengths_agree_though_torch_sorts_them_in_an_order_of_its_own() -> None:
    lengths = [3, 2] * 60
    packed = pack_padded_sequence(torch.zeros(3, 120, 2), lengths, enforce_sorted=False)
    facts = measure(nn.GRU(2, 3), packed)
    assert differences(predict(facts.config, facts.call), facts) == ()


@pytest.mark.parametrize(
    ("text", "shape"),
    [("LSTM(3, 4)", (2, 2, 2, 3)), ("LSTM(3, 4)", (3,)), ("GRUCell(3, 4)", (5, 2, 3))],
)
def test_an_input_of_other_axes_is_no_call(text: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(CallError, match=f"input of {len(shape)} axes"):
        call_of(RNNConfig.parse(text), torch.zeros(shape))


def test_an_input_that_is_no_tensor_is_no_call() -> None:
    with pytest.raises(CallError, match="list is no input"):
        call_of(RNNConfig("GRU", 3, 4), [1, 2])


def test_without_inputs_only_parameters_are_measured() -> None:
    facts = measure(nn.LSTM(3, 4))
    assert facts.tensors == ()
    assert facts.parameter_count == predict(RNNConfig("LSTM", 3, 4)).parameter_count


def test_a_module_that_is_no_layer_is_refused() -> None:
    with pytest.raises(SubjectError, match="Linear"):
        measure(nn.Linear(2, 3), torch.zeros(2))


def test_arguments_by_name_and_by_position() -> None:
    assert arguments((1,), {"hx": 2}) == arguments((1, 2), {}) == (1, 2)
    assert arguments((), {"input": 1}) == (1, None)
    assert arguments((), {}) == (None, None)


def test_the_layer_and_the_random_stream_are_as_before() -> None:
    lstm = nn.LSTM(3, 4, 2, dropout=0.5).train()
    before, mode = torch.get_rng_state(), torch.is_grad_enabled()
    measure(lstm, torch.zeros(5, 2, 3))
    with pytest.raises(RuntimeError, match="hidden"):
        measure(lstm, torch.zeros(5, 2, 3), (torch.zeros(1, 2, 4), torch.zeros(1, 2, 4)))
    assert lstm.training
    assert torch.equal(before, torch.get_rng_state())
    assert torch.is_grad_enabled() is mode


def test_a_dtype_that_differs_is_measured_as_it_is() -> None:
    facts = measure(nn.GRU(3, 4, dtype=torch.float64))
    assert {p.dtype for p in facts.parameters} == {"float64"}
    assert facts.parameters[0].nbytes == 12 * 3 * 8


def test_a_gate_multiple_is_counted_in_rows() -> None:
    facts = measure(nn.LSTM(3, 4, proj_size=2))
    multiples = {p.name: p.gate_multiple for p in facts.parameters}
    assert multiples["weight_ih_l0"] == 4
    assert multiples["weight_hr_l0"] is None


@pytest.mark.parametrize(
    "change",
    [
        lambda m: parametrizations.weight_norm(m, "weight_hh_l0"),
        lambda m: parametrizations.spectral_norm(m, "weight_hh_l0"),
        lambda m: prune.l1_unstructured(m, "weight_hh_l0", 0.5),
    ],
    ids=["weight_norm", "spectral_norm", "pruned"],
)
def test_computed_weights_stand_in_the_place_of_parameters(change: Callable[..., Any]) -> None:
    lstm = change(nn.LSTM(10, 20).train())
    before = {name: value.clone() for name, value in lstm.state_dict().items()}
    assert list(weights_of(lstm)) == ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]
    facts = measure(lstm)
    assert differences(predict(facts.config, facts.call), facts) == ()
    # Spectral normalisation takes a step at every look at the weight.
    assert all(torch.equal(value, before[name]) for name, value in lstm.state_dict().items())


def test_a_parameter_of_another_shape_is_a_difference() -> None:
    lstm = nn.LSTM(3, 4)
    lstm.weight_ih_l0 = nn.Parameter(torch.zeros(16, 7))
    found = differences(predict(RNNConfig("LSTM", 3, 4)), measure(lstm))
    assert [(d.name, d.expected, d.actual) for d in found if d.field == "shape"] == [
        ("weight_ih_l0", (16, 3), (16, 7))
    ]


def test_the_default_call_stands_for_none() -> None:
    assert measure(nn.LSTM(3, 4)).call == Call()
