"""For every configuration and call: predicted = measured = recomputed by the reference.

300 draws in the normal run, 5,000 with
``pytest tests/test_agreement.py --hypothesis-profile=thorough``.
"""

from __future__ import annotations

import pytest
import torch
from conftest import at_least
from hypothesis import event, given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from rnnscope.config import RNNConfig
from rnnscope.facts import differences
from rnnscope.measuring.measurement import measure
from rnnscope.prediction import predict
from rnnscope.reference import TOLERANCES, disagreement
from rnnscope.strategies import calls, configs, inputs, modules, states

# torch's advice that a projection is slow, and that complex layers are new.
pytestmark = [
    pytest.mark.filterwarnings("ignore:LSTM with projections"),
    pytest.mark.filterwarnings("ignore:Complex modules"),
]


@at_least(300)
@given(st.data())
def test_predicted_measured_and_recomputed_agree(data: st.DataObject) -> None:
    config = data.draw(configs(max_dropout=0.9))
    call = data.draw(calls(config))
    module = data.draw(modules(config))
    arguments = data.draw(inputs(config, call)), data.draw(states(config, call))
    event(f"{config.kind}, {'packed' if call.packed else 'batched' if call.batched else 'single'}")
    predicted = predict(config, call)
    measured = measure(module, *arguments)
    assert differences(predicted, measured) == ()
    assert measured.config == config
    assert measured.call.steps == call.steps or config.single_step
    assert [t.given for t in measured.tensors] == [t.given for t in predicted.tensors]
    if call.packed:
        # Equal lengths may be in any order, but sequences that came sorted are left as they are.
        for field in ("sorted_indices", "unsorted_indices"):
            assert (getattr(predicted.packed, field) is None) == call.sorted
            assert (getattr(measured.packed, field) is None) == call.sorted
    assert disagreement(module, *arguments) <= TOLERANCES[config.dtype]


@at_least(300)
@given(configs(max_dropout=0.9, dtypes=["float16", "bfloat16", "complex64", "complex128"]))
def test_parameters_agree_in_every_dtype_and_on_the_meta_device(config: RNNConfig) -> None:
    measured = measure(config.build())
    predicted = predict(config)
    assert predicted.parameters[0].nbytes == measured.parameters[0].nbytes
    assert [(p.name, p.shape, p.nbytes) for p in predicted.parameters] == [
        (p.name, p.shape, p.nbytes) for p in measured.parameters
    ]
    on_meta = config.with_options(device="meta")
    assert [p.shape for p in measure(on_meta.build()).parameters] == [
        p.shape for p in predict(on_meta).parameters
    ]


@at_least(300)
@given(configs(max_dropout=0.9))
def test_parameters_are_those_of_named_parameters_in_torch_s_order(config: RNNConfig) -> None:
    module = config.build()
    predicted = predict(config)
    assert [(p.name, p.shape) for p in predicted.parameters] == [
        (name, tuple(parameter.shape)) for name, parameter in module.named_parameters()
    ]
    assert predicted.parameter_count == sum(p.numel() for p in module.parameters())
    for parameter in predicted.parameters:
        if parameter.rows:
            assert parameter.rows[0].start == 0
            assert parameter.rows[-1].stop == parameter.shape[0]
            assert len({gate.stop - gate.start for gate in parameter.rows}) == 1


@settings(max_examples=40)  # on the meta device torch unrolls every step in Python
@given(st.data())
def test_multiply_accumulates_are_half_of_torch_s_flops(data: st.DataObject) -> None:
    config = data.draw(configs(device="meta", max_layers=2))
    call = data.draw(calls(config, packed=False, max_seq_len=3))
    module = config.build()
    drawn = predict(config, call).tensor("input").shape
    with FlopCounterMode(display=False) as counter:
        module(torch.empty(drawn, device="meta", dtype=getattr(torch, config.dtype)))
    assert 2 * predict(config, call).macs == counter.get_total_flops()


@at_least(100)
@given(configs())
def test_a_layer_is_read_back_as_it_was_written(config: RNNConfig) -> None:
    assert RNNConfig.of(config.build()) == config
    assert RNNConfig.parse(str(config)) == config
