"""What the strategies draw is right, shrinks to what they promise, and needs no torch to import."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import at_least
from hypothesis import Phase, event, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from rnnscope.call import Call
from rnnscope.cells import KINDS
from rnnscope.config import RNNConfig
from rnnscope.prediction import predict
from rnnscope.rules import examine
from rnnscope.strategies import (
    BrokenCall,
    broken_calls,
    calls,
    configs,
    inputs,
    lengths,
    modules,
    states,
)
from rnnscope.strategies.broken import MISTAKES, right_call
from rnnscope.subjects import LayerCall

pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections")


def smallest(
    strategy: st.SearchStrategy[Any], condition: Callable[..., Any] = lambda drawn: True
) -> Any:
    # Found by the engine alone: what shrinks well must not need luck.
    return find(strategy, condition, settings=settings(database=None, max_examples=2000))


# --- what they shrink to ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (lambda config: True, "RNN(1, 1)"),
        (lambda config: config.kind == "LSTM", "LSTM(1, 1)"),
        (lambda config: config.kind == "GRUCell", "GRUCell(1, 1)"),
        (lambda config: config.bidirectional, "RNN(1, 1, bidirectional=True)"),
        (lambda config: not config.bias, "RNN(1, 1, bias=False)"),
        (lambda config: config.num_layers > 1, "RNN(1, 1, num_layers=2)"),
        (lambda config: config.proj_size, "LSTM(1, 2, proj_size=1)"),
        (lambda config: config.nonlinearity == "relu", "RNN(1, 1, nonlinearity='relu')"),
        (lambda config: config.dtype == "float64", "RNN(1, 1, dtype=torch.float64)"),
        (lambda config: config.input_size > config.hidden_size, "RNN(2, 1)"),
    ],
)
def test_configs_shrink_to_the_simplest_layer(condition: Callable[..., Any], expected: str) -> None:
    assert str(smallest(configs(), condition)) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (lambda call: True, Call(batch=1, seq_len=1)),
        (lambda call: not call.batched, Call(batch=1, seq_len=1, batched=False)),
        (lambda call: call.packed, Call(lengths=(1,), seq_len=1)),
        (lambda call: call.packed and not call.sorted, Call(lengths=(1, 2), seq_len=2)),
        (lambda call: call.states_given, Call(batch=1, seq_len=1, states_given=True)),
        (lambda call: call.batch > 1, Call(batch=2, seq_len=1)),
        (lambda call: call.packed and call.seq_len > max(call.lengths), Call(1, 2, lengths=(1,))),
    ],
)
def test_calls_shrink_to_one_sequence_of_one_step(
    condition: Callable[..., Any], expected: Call
) -> None:
    assert smallest(calls(RNNConfig("GRU", 3, 4)), condition) == expected


def test_lengths_shrink_to_one_sequence_of_one_step() -> None:
    assert smallest(lengths()) == (1,)
    assert smallest(lengths(), lambda drawn: sum(drawn) > 6) in {(3, 4), (2, 5), (1, 1, 5)}


# --- what they draw --------------------------------------------------------------------------


@at_least(200)
@given(st.data())
def test_bounds_are_inclusive_and_kept(data: st.DataObject) -> None:
    low, high = sorted((data.draw(st.integers(1, 9)), data.draw(st.integers(1, 9))))
    config = data.draw(
        configs(
            min_input_size=low,
            max_input_size=high,
            min_hidden_size=low,
            max_hidden_size=high,
            min_layers=low,
            max_layers=high,
        )
    )
    assert low <= config.input_size <= high
    assert low <= config.hidden_size <= high
    assert config.single_step or low <= config.num_layers <= high
    call = data.draw(
        calls(config, min_batch=low, max_batch=high, min_seq_len=low, max_seq_len=high)
    )
    assert not call.batched or low <= call.batch <= high
    assert config.single_step or low <= call.seq_len <= high
    drawn = data.draw(lengths(min_batch=low, max_batch=high, min_length=low, max_length=high))
    assert low <= len(drawn) <= high
    assert low <= min(drawn) <= max(drawn) <= high


@at_least(100)
@given(
    configs(kinds=["lstm"], projected=True, bias=False, batch_first=True, bidirectional=True),
    configs(projected=False, max_dropout=0.5, dtypes=["float16"], device="meta"),
)
def test_options_can_be_fixed(projected: RNNConfig, other: RNNConfig) -> None:
    assert projected.kind == "LSTM"
    assert 0 < projected.proj_size < projected.hidden_size
    assert not projected.bias
    assert projected.batch_first
    assert projected.bidirectional
    assert (other.proj_size, other.dtype, other.device) == (0, "float16", "meta")
    assert 0 <= other.dropout <= (0.5 if other.num_layers > 1 else 0)


@pytest.mark.parametrize("layout", ["batched", "unbatched", "packed"])
def test_layouts_can_be_fixed(layout: str) -> None:
    wanted = {"batched": layout != "unbatched", "packed": layout == "packed"}

    @settings(max_examples=50)
    @given(calls(RNNConfig("LSTM", 2, 3), states_given=True, **wanted))
    def check(call: Call) -> None:
        assert {"batched": call.batched, "packed": call.packed} == wanted
        assert call.states_given

    check()


def test_every_kind_and_choice_is_drawn() -> None:
    seen = set()

    @settings(max_examples=500, phases=[Phase.generate])
    @given(st.data())
    def collect(data: st.DataObject) -> None:
        config = data.draw(configs(max_dropout=0.5))
        call = data.draw(calls(config))
        seen.add(config.kind)
        seen.add(("layers", config.num_layers))
        seen.add(("layout", call.batched, call.packed))
        seen.add(("states", call.states_given))
        for name in ("bias", "batch_first", "bidirectional", "nonlinearity", "dtype"):
            seen.add((name, getattr(config, name)))
        seen.add(("proj", bool(config.proj_size)))
        seen.add(("dropout", bool(config.dropout)))

    collect()
    expected: set[object] = {*KINDS, *(("layers", n) for n in (1, 2, 3))}
    expected |= {("layout", True, False), ("layout", True, True), ("layout", False, False)}
    expected |= {("nonlinearity", "tanh"), ("nonlinearity", "relu"), ("nonlinearity", None)}
    expected |= {("dtype", "float32"), ("dtype", "float64")}
    for name in ("states", "bias", "batch_first", "bidirectional", "proj", "dropout"):
        expected |= {(name, True), (name, False)}
    assert seen == expected


@at_least(200)
@given(st.data())
def test_drawn_modules_take_drawn_inputs_and_states(data: st.DataObject) -> None:
    config = data.draw(configs())
    call = data.draw(calls(config))
    module = data.draw(modules(config))
    input, hx = data.draw(inputs(config, call)), data.draw(states(config, call))
    event(f"{config.kind} {'packed' if call.packed else 'batched' if call.batched else ''}")
    assert isinstance(input, PackedSequence if call.packed else Tensor)
    assert (hx is None) != call.states_given
    result = module(input, hx)
    facts = predict(config, call)
    final = result if config.single_step else result[1]
    h_n = final[0] if isinstance(final, tuple) else final
    assert tuple(h_n.shape) == facts.tensor("h_1" if config.single_step else "h_n").shape
    assert RNNConfig.of(module) == config


@settings(max_examples=30)
@given(modules(), st.data())
def test_calls_are_drawn_where_none_is_given(module: nn.Module, data: st.DataObject) -> None:
    config = RNNConfig.of(module)
    assert isinstance(data.draw(inputs(config)), (Tensor, PackedSequence))
    assert data.draw(states(config)) is not None


@settings(max_examples=30)
@given(st.data())
def test_drawing_leaves_the_random_stream_alone(data: st.DataObject) -> None:
    before = torch.get_rng_state()
    config = data.draw(configs())
    data.draw(modules(config))
    data.draw(inputs(config))
    data.draw(states(config))
    assert torch.equal(before, torch.get_rng_state())


# --- impossible arguments --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: configs(min_input_size=0), "min_input_size=0"),
        (lambda: configs(min_hidden_size=9), "max_hidden_size=5 is below min_hidden_size=9"),
        (lambda: configs(max_layers=2.5), "whole numbers"),
        (lambda: configs(kinds=["LSTN"]), "choose one or more of RNN, LSTM"),
        (lambda: configs(kinds=[]), "choose one or more of RNN, LSTM"),
        (lambda: configs(dtypes=["int8"]), "choose one or more of float16"),
        (lambda: configs(max_dropout=20), "not from 0 to 1"),
        (lambda: configs(projected=True), "projected=True needs"),
        (lambda: calls(RNNConfig("GRUCell", 1, 1), packed=True), "packed=True needs"),
        (lambda: calls(RNNConfig("GRU", 1, 1), packed=True, batched=False), "packed=True needs"),
        (lambda: calls(RNNConfig("GRU", 1, 1), min_batch=0), "min_batch=0"),
        (lambda: lengths(min_length=0), "min_length=0"),
        (lambda: broken_calls(RNNConfig("GRU", 1, 1), codes=["RNN999"]), "choose among RNN201"),
    ],
)
def test_impossible_bounds_are_refused_at_once(make: Callable[..., Any], message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        make()


def test_bounds_are_keyword_only() -> None:
    with pytest.raises(TypeError):
        configs(["LSTM"])  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        calls(RNNConfig("LSTM", 1, 1), 2)  # type: ignore[call-arg]


# --- right and broken calls ------------------------------------------------------------------


def codes_of(subject: LayerCall) -> set[str]:
    return {finding.code for finding in examine(subject) if finding.severity.counts}


@at_least(300)
@given(st.data())
def test_a_right_call_gives_no_finding(data: st.DataObject) -> None:
    config = data.draw(configs())
    call = data.draw(calls(config))
    assert codes_of(right_call(config, call)) == set()


def let_pass_by_older_torch(broken: BrokenCall) -> bool:
    """A float32 LSTM without states took any number of features (pytorch issue 114874)."""
    older = tuple(int(part) for part in torch.__version__.split(".")[:2]) < (2, 13)
    return older and broken.code == "RNN201" and broken.config.kind == "LSTM"


@at_least(300)
@given(configs().flatmap(broken_calls))
def test_a_broken_call_is_flagged_with_its_code_and_torch_agrees(broken: BrokenCall) -> None:
    event(broken.code)
    assert codes_of(broken.broken) == {broken.code}
    if broken.raises is None or let_pass_by_older_torch(broken):
        return
    arguments = broken.arguments()
    if broken.raises:
        with pytest.raises((RuntimeError, ValueError, TypeError, IndexError, AttributeError)):
            broken.config.build()(*arguments)
    else:
        broken.config.build()(*arguments)


LAYERS = [
    RNNConfig("LSTM", 3, 4, proj_size=2),
    RNNConfig("GRU", 3, 4, num_layers=2, bidirectional=True, batch_first=True),
]


@pytest.mark.parametrize("code", sorted({mistake.code for mistake in MISTAKES}))
def test_every_mistake_can_be_asked_for(code: str) -> None:
    config = next(c for c in LAYERS if any(m.code == code and m.possible(c) for m in MISTAKES))

    @settings(max_examples=20)
    @given(broken_calls(config, codes=[code]))
    def check(broken: BrokenCall) -> None:
        assert broken.code == code

    check()


def test_a_broken_call_differs_from_the_right_one_in_one_argument_only() -> None:
    drawn = find(broken_calls(RNNConfig("GRU", 3, 4), codes=["RNN203"]), lambda drawn: True)
    right = right_call(drawn.config, drawn.call)
    assert replace(drawn.broken, hx=right.hx) == right


# --- hypothesis's own doors ------------------------------------------------------------------


@pytest.mark.parametrize("first", ["hypothesis", "rnnscope.strategies"])
def test_the_modules_can_be_imported_in_either_order(first: str) -> None:
    assert in_a_process(f"import {first}; import hypothesis, rnnscope.strategies") == ""


def in_a_process(code: str) -> str:
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return run.stdout.strip()


def test_from_type_draws_configurations_and_imports_no_torch() -> None:
    code = """
import sys
from rnnscope.strategies import register
register()
from hypothesis import find, strategies as st
from rnnscope.config import RNNConfig
print(find(st.from_type(RNNConfig), lambda config: True), "torch" in sys.modules)
"""
    assert in_a_process(code) == "RNN(1, 1) False"


def test_calls_and_mistakes_are_drawn_without_torch() -> None:
    code = """
import sys
from hypothesis import find
from rnnscope.config import RNNConfig
from rnnscope.strategies import broken_calls, calls, configs, lengths
find(calls(find(configs(), lambda c: True)), lambda c: True)
find(broken_calls(RNNConfig("LSTM", 1, 1)), lambda c: True)
print("torch" in sys.modules)
"""
    assert in_a_process(code) == "False"


def test_the_entry_point_names_register() -> None:
    from importlib.metadata import entry_points

    found = [e for e in entry_points(group="hypothesis") if e.name == "rnnscope"]
    assert [e.value for e in found] == ["rnnscope.strategies:register"]


@settings(max_examples=20)
@given(st.from_type(RNNConfig))
def test_from_type_works_here(config: RNNConfig) -> None:
    assert isinstance(config.build(), nn.Module)


RECIPES = Path(__file__).parent.parent / "docs" / "strategies.md"


@pytest.mark.parametrize(
    "block", re.findall(r"^```python\n(.*?)^```$", RECIPES.read_text("utf-8"), re.M | re.S)
)
def test_the_recipes_run(block: str) -> None:
    namespace: dict[str, object] = {}
    exec(block, namespace)
    (test,) = (value for name, value in namespace.items() if name.startswith("test_"))
    test()
