"""Predictions written down by hand from the documentation, and the cost against torch's counter."""

import pytest
import torch
from conftest import at_least
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from rnnscope.axes import Role
from rnnscope.call import Call
from rnnscope.config import RNNConfig
from rnnscope.errors import ConfigError
from rnnscope.prediction import count_parameters, multiply_accumulates, predict
from rnnscope.reasons import sentence
from rnnscope.strategies import calls, configs
from rnnscope.strategies.tensors import make_input, make_states

PROJECTED = "LSTM(10, 20, 2, bidirectional=True, batch_first=True, proj_size=7)"


@pytest.mark.parametrize(
    ("text", "call", "name", "symbols", "shape"),
    [
        ("LSTM(10, 20)", Call(), "input", "(L, N, H_in)", (5, 3, 10)),
        ("LSTM(10, 20, batch_first=True)", Call(), "input", "(N, L, H_in)", (3, 5, 10)),
        ("LSTM(10, 20, batch_first=True)", Call(), "h_0", "(D*num_layers, N, H_out)", (1, 3, 20)),
        ("GRU(10, 20, batch_first=True)", Call(batched=False), "input", "(L, H_in)", (5, 10)),
        ("GRU(10, 20, 3)", Call(batched=False), "h_n", "(D*num_layers, H_out)", (3, 20)),
        ("GRU(10, 20)", Call(lengths=(2, 5)), "input", "(sum(lengths), H_in)", (7, 10)),
        ("GRU(10, 20)", Call(lengths=(2, 5)), "output", "(sum(lengths), D*H_out)", (7, 20)),
        ("GRU(10, 20)", Call(lengths=(2, 5)), "h_n", "(D*num_layers, N, H_out)", (1, 2, 20)),
        (PROJECTED, Call(), "output", "(N, L, D*H_out)", (3, 5, 14)),
        (PROJECTED, Call(), "h_n", "(D*num_layers, N, H_out)", (4, 3, 7)),
        (PROJECTED, Call(), "c_n", "(D*num_layers, N, H_cell)", (4, 3, 20)),
        ("LSTMCell(10, 20)", Call(), "input", "(N, H_in)", (3, 10)),
        ("LSTMCell(10, 20)", Call(), "c_1", "(N, H_cell)", (3, 20)),
        ("RNNCell(10, 20)", Call(batched=False), "h_1", "(H_out,)", (20,)),
    ],
)
def test_tensors(text: str, call: Call, name: str, symbols: str, shape: tuple[int, ...]) -> None:
    fact = predict(RNNConfig.parse(text), call).tensor(name)
    assert (fact.axes.symbols, fact.shape) == (symbols, shape)


@pytest.mark.parametrize(
    ("text", "name", "symbols", "shape"),
    [
        ("LSTM(10, 20)", "weight_ih_l0", "(4*H_cell, H_in)", (80, 10)),
        ("GRU(10, 20, 2)", "weight_ih_l1", "(3*H_cell, D*H_out)", (60, 20)),
        ("RNN(10, 20)", "bias_hh_l0", "(H_cell,)", (20,)),
        (PROJECTED, "weight_ih_l1_reverse", "(4*H_cell, D*H_out)", (80, 14)),
        (PROJECTED, "weight_hh_l0", "(4*H_cell, H_out)", (80, 7)),
        (PROJECTED, "weight_hr_l1", "(H_out, H_cell)", (7, 20)),
        ("GRUCell(10, 20)", "weight_hh", "(3*H_cell, H_out)", (60, 20)),
    ],
)
def test_parameters(text: str, name: str, symbols: str, shape: tuple[int, ...]) -> None:
    fact = predict(RNNConfig.parse(text)).parameter(name)
    assert (fact.axes.symbols, fact.shape) == (symbols, shape)


def test_names_come_in_torchs_order() -> None:
    names = [t.name for t in predict(RNNConfig("LSTM", 1, 1)).tensors]
    assert names == ["input", "h_0", "c_0", "output", "h_n", "c_n"]
    assert [t.name for t in predict(RNNConfig("GRUCell", 1, 1)).tensors] == ["input", "h_0", "h_1"]


def test_the_rows_of_the_gates() -> None:
    weight = predict(RNNConfig("LSTM", 10, 20)).parameter("weight_hh_l0")
    found = [(row.block, row.gate.name, row.start, row.stop) for row in weight.rows]
    assert found == [
        ("W_hi", "input gate", 0, 20),
        ("W_hf", "forget gate", 20, 40),
        ("W_hg", "cell candidate", 40, 60),
        ("W_ho", "output gate", 60, 80),
    ]


def test_a_projection_has_no_gates() -> None:
    weight = predict(RNNConfig.parse(PROJECTED)).parameter("weight_hr_l0")
    assert (weight.gate_multiple, weight.rows) == (None, ())


def test_the_slots_of_the_states() -> None:
    slots = predict(RNNConfig("GRU", 1, 1, num_layers=2, bidirectional=True)).slots
    assert [(s.index, s.layer, s.direction) for s in slots] == [
        (0, 0, "forward"),
        (1, 0, "backward"),
        (2, 1, "forward"),
        (3, 1, "backward"),
    ]
    assert predict(RNNConfig("GRUCell", 1, 1)).slots == ()


def test_packing() -> None:
    packed = predict(RNNConfig("GRU", 10, 20), Call(lengths=(2, 5, 3), seq_len=9)).packed
    assert packed.batch_sizes == (3, 3, 2, 1, 1)
    assert (packed.sorted_indices, packed.unsorted_indices) == ((1, 2, 0), (2, 0, 1))
    assert (packed.real_steps, packed.padded_steps) == (10, 15)
    # pad_packed_sequence pads to the longest sequence, whatever the padded input was.
    assert packed.padded_output.shape == (5, 3, 20)


def test_states_that_torch_makes_are_not_given() -> None:
    given = {t.name: t.given for t in predict(RNNConfig("LSTM", 1, 1)).tensors}
    assert [name for name, was in given.items() if not was] == ["h_0", "c_0"]
    assert all(t.given for t in predict(RNNConfig("LSTM", 1, 1), Call(states_given=True)).tensors)


@given(configs().flatmap(lambda config: st.tuples(st.just(config), calls(config))))
def test_every_axis_has_a_role_and_a_reason_in_words(drawn: tuple[RNNConfig, Call]) -> None:
    config, call = drawn
    facts = predict(config, call)
    for axes in (*(p.axes for p in facts.parameters), *(t.axes for t in facts.tensors)):
        for axis in axes:
            assert axis.role is not Role.UNKNOWN
            assert sentence(axis.because, config)


@at_least(300)
@given(configs(projected=None).flatmap(lambda config: st.tuples(st.just(config), calls(config))))
def test_the_cost_is_what_torch_counts(drawn: tuple[RNNConfig, Call]) -> None:
    """Counted on the meta device, where every product is a visible operation; 2 flops each.

    A packed call is not run there: its cost is that of its sequences one by one.
    """
    config, call = drawn
    module = config.with_options(device="meta").build()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        for single in singles(call):
            meta = config.with_options(device="meta")
            module(make_input(meta, single), make_states(meta, single))
    assert multiply_accumulates(config, call) * 2 == counter.get_total_flops()


def singles(call: Call) -> list[Call]:
    if call.lengths is None:
        return [call]
    return [Call(batch=1, seq_len=length) for length in call.lengths]


@given(configs(max_layers=5))
def test_parameters_are_counted_without_listing_them(config: RNNConfig) -> None:
    assert count_parameters(config) == predict(config).parameter_count


def test_more_layers_than_can_be_listed_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"num_layers=5001 .* at most 10,000"):
        predict(RNNConfig("GRU", 1, 1, num_layers=5001, bidirectional=True))


def test_a_layer_of_trillions_is_counted_at_once() -> None:
    config = RNNConfig("LSTM", 100_000, 200_000, num_layers=8, bidirectional=True)
    assert predict(config).parameter_count == 7_200_025_600_000
