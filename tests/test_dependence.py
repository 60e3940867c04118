"""Axes by behaviour: right on every module of the table, and what layout says of torch's own."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sequence_modules import KNOWN, Known

from rnnscope import strategies
from rnnscope.axes import Role
from rnnscope.dependence.facts import Dependence
from rnnscope.dependence.finding import depends_of
from rnnscope.prediction import predict
from rnnscope.strategies.tensors import make_input, make_module, make_states


def found(known: Known) -> Dependence:
    torch.manual_seed(0)
    drawn = (torch.randn(v) if isinstance(v, tuple) else v for v in known.inputs)
    return depends_of(known.make(), tuple(drawn))


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
def test_what_is_found_is_so(known: Known) -> None:
    seen = found(known)
    conduct = seen.conduct
    assert seen.axes(seen.inputs[0].name) == known.axes
    assert tuple(axis.kind for axis in seen.results[0].axes) == known.result
    assert conduct.continues == known.continues
    assert conduct.draws == known.random
    assert bool(conduct.kept) == known.keeps_state
    assert bool(conduct.training_mixes) == known.training_mixes
    assert bool(conduct.cut) == known.cut
    assert seen.passes <= 4 + 2 * sum(len(told.axes) for told in seen.inputs)


def test_the_table_is_large_enough() -> None:
    assert len({known.name for known in KNOWN}) == len(KNOWN) >= 40


_KINDS = {Role.BATCH: "batch", Role.TIME: "time", Role.FEATURE: "features", Role.LAYERS: "features"}


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_axes_by_behaviour_are_those_of_layout(data: st.DataObject) -> None:
    config = data.draw(strategies.configs(max_dropout=0.5))
    call = data.draw(strategies.calls(config, packed=False, min_batch=2, min_seq_len=1))
    module, x = make_module(config, 1), make_input(config, call, 1)
    states = make_states(config, call, 1)
    seen = depends_of(module, (x, states) if call.states_given else (x,))
    facts = predict(config, call)
    expected = {t.name: t for t in facts.tensors}
    names = ["input", *(n for n in ("h_0", "c_0") if n in expected and call.states_given)]
    told = list(seen.inputs) + list(seen.results)
    names += [t.name for t in facts.tensors if t.name not in ("input", "h_0", "c_0")]
    assert len(names) == len(told)
    dead = config.nonlinearity == "relu"
    for name, one in zip(names, told, strict=True):
        for axis, expectation in zip(one.axes, expected[name].axes, strict=True):
            assert axis.size == expectation.size.value
            unknown = axis.kind == "unknown" and (axis.size == 1 or dead)
            assert unknown or axis.kind == _KINDS[expectation.role], (name, one)
