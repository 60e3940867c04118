"""RNNConfig accepts options exactly when the constructor of torch.nn does."""

from __future__ import annotations

import fractions
import math
import warnings
from typing import Any

import pytest
import torch
from conftest import at_least
from hypothesis import event, example, given
from hypothesis import strategies as st
from torch import nn

from rnnscope.cells import KINDS
from rnnscope.config import RNNConfig
from rnnscope.errors import ConfigError
from rnnscope.strategies import configs

TORCH = tuple(int(part) for part in torch.__version__.split(".")[:2])
# Older constructors let wrong types pass, such as bias=0.5; RNNConfig refuses as the newest does.
checks_types = pytest.mark.skipif(TORCH < (2, 13), reason="an older torch checks less")


class Index(float):
    """A number as numpy has them: it calculates, compares and indexes, but is no int."""

    def __index__(self) -> int:
        return int(self)

    def __mul__(self, other: float) -> Index:
        return Index(float(self) * other)

    __rmul__ = __mul__

    def __repr__(self) -> str:
        return f"Index({int(self)})"


JUNK: tuple[Any, ...] = (None, "", "tanh", "half", (), (2,), [3], {}, 1j, object())
SIZES = st.one_of(
    st.integers(1, 6),
    st.sampled_from((0, -1, -20, True, False, 1.0, 2.5, math.inf, math.nan, Index(3), *JUNK)),
)
HUGE = st.sampled_from((2**31, 2**40, 2**62, 2**63, 2**64))
FLAGS: st.SearchStrategy[Any] = st.sampled_from(
    (True, False, 0, 1, 2, 0.5, None, "False", "", [], Index(1))
)
LAYERS = st.one_of(st.integers(-1, 3), st.sampled_from((True, False, 2.0, Index(2), *JUNK)))
DROPOUTS = st.one_of(
    st.floats(-0.5, 1.5),
    st.sampled_from((0, 1, 2, True, False, 50, "0.5", "x", None, fractions.Fraction(1, 2), 1j)),
    st.sampled_from((math.nan, math.inf, -0.0, Index(1), (), [0.5])),
)
PROJECTIONS = st.one_of(st.integers(-1, 6), st.sampled_from((True, False, 0.0, 1.5, *JUNK)))
NONLINEARITIES: st.SearchStrategy[Any] = st.sampled_from(
    ("tanh", "relu", "ReLU", "sigmoid", "", None, True, 2, [], "tanh ")
)
DTYPES = st.sampled_from((*(f"float{n}" for n in (16, 32, 64)), "complex64", "int64", "bool", None))

OPTIONS = {
    "input_size": SIZES,
    "hidden_size": SIZES,
    "num_layers": LAYERS,
    "nonlinearity": NONLINEARITIES,
    "bias": FLAGS,
    "batch_first": FLAGS,
    "dropout": DROPOUTS,
    "bidirectional": FLAGS,
    "proj_size": PROJECTIONS,
    "dtype": DTYPES,
}


def verdict_of_torch(
    kind: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> nn.Module | Exception:
    """The layer, or what its constructor raised. On the meta device: nothing is allocated."""
    if isinstance(kwargs.get("dtype"), str):
        kwargs = {**kwargs, "dtype": getattr(torch, kwargs["dtype"])}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            layer: nn.Module = getattr(nn, kind)(*args, **{"device": "meta", **kwargs})
            return layer
        except Exception as error:
            return error


def verdict_of_rnnscope(
    kind: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> RNNConfig | ConfigError:
    try:
        return RNNConfig.of_arguments(kind, *args, **{"device": "meta", **kwargs})
    except ConfigError as error:
        return error


def assert_same_verdict(kind: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Compare both decisions, and for an accepted layer what it is; True when it was accepted."""
    theirs = verdict_of_torch(kind, args, kwargs)
    ours = verdict_of_rnnscope(kind, args, kwargs)
    accepted = isinstance(theirs, nn.Module)
    assert isinstance(ours, RNNConfig) == accepted, f"torch: {theirs!r}; rnnscope: {ours!r}"
    if isinstance(theirs, nn.Module) and isinstance(ours, RNNConfig):
        rebuilt = verdict_of_torch(kind, (), {**ours.arguments(), "dtype": ours.dtype})
        assert isinstance(rebuilt, nn.Module), rebuilt
        assert shapes(rebuilt) == shapes(theirs)
    elif isinstance(ours, ConfigError):
        assert str(ours).startswith(f"{ours.option}={ours.value!r} is not possible: ")
        assert "\n" not in str(ours)
    return accepted


def shapes(module: nn.Module) -> list[tuple[str, torch.Size, torch.dtype]]:
    return [(name, p.shape, p.dtype) for name, p in module.named_parameters()]


@st.composite
def spoiled_options(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A valid layer of which one, two or three options are replaced by anything at all."""
    config = draw(configs(max_dropout=1.0))
    options = dict(config.arguments())
    for name in draw(st.lists(st.sampled_from(sorted(OPTIONS)), min_size=1, max_size=3)):
        options[name] = draw(OPTIONS[name])
    return config.kind, options


@checks_types
@at_least(1000)
@given(spoiled_options())
def test_the_same_options_are_accepted_by_keyword(spoiled: tuple[str, dict[str, Any]]) -> None:
    kind, options = spoiled
    event("accepted" if assert_same_verdict(kind, (), options) else "refused")


@checks_types
@at_least(1000)
@given(spoiled_options(), st.integers(0, 9), st.booleans())
def test_the_same_options_are_accepted_by_position(
    spoiled: tuple[str, dict[str, Any]], count: int, slipped: bool
) -> None:
    kind, options = spoiled
    names = [name for name in KINDS[kind].options if name in options][:count]
    args = tuple(options[name] for name in names)
    # An option left out slips every later one into the wrong place, as it does in real code.
    args = args[:2] + args[2 + slipped :]
    unsupported = kind in ("RNN", "GRU") and len(args) == 8 + (kind == "RNN")
    assume_callable = not (unsupported and args[-1])
    assert assert_same_verdict(kind, args, {}) in (True, False) if assume_callable else True


@pytest.mark.parametrize(("kind", "args"), [("GRU", (2,)), ("RNN", (2, "tanh"))])
def test_a_projection_that_torch_builds_and_never_runs_is_refused(
    kind: str, args: tuple[Any, ...]
) -> None:
    """torch refuses proj_size by keyword only; the layer built by position fails in every call."""
    args = (10, 20, *args, True, False, 0.0, False, 5)
    layer = getattr(nn, kind)(*args)
    for features in (10, 20, 5):
        with pytest.raises(RuntimeError):
            layer(torch.zeros(4, 3, features))
    assert isinstance(verdict_of_rnnscope(kind, args, {}), ConfigError)


@at_least(200)
@given(configs(max_dropout=1.0, dtypes=("float16", "bfloat16", "float32", "complex128")))
@example(RNNConfig("LSTM", 3, 1))
@example(RNNConfig("LSTMCell", 0, 0))
def test_every_drawn_configuration_is_accepted(config: RNNConfig) -> None:
    assert assert_same_verdict(config.kind, (), {**config.arguments(), "dtype": config.dtype})


@checks_types
@at_least(300)
@given(st.sampled_from(sorted(KINDS)), SIZES | HUGE, SIZES | HUGE, DTYPES)
def test_huge_layers_are_accepted_exactly_when_torch_can_count_their_bytes(
    kind: str, input_size: Any, hidden_size: Any, dtype: str | None
) -> None:
    assert_same_verdict(kind, (input_size, hidden_size), {"dtype": dtype})


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize(
    "name", ["hidden_dim", "units", "batchfirst", "num_directions", "proj_size", "num_layers", "x"]
)
def test_unknown_keywords_are_refused_by_both(kind: str, name: str) -> None:
    accepted = assert_same_verdict(kind, (10, 20), {name: 2})
    assert accepted == (name in RNNConfig(kind, 10, 20).arguments())


@checks_types
@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize(
    "edge",
    [
        {"input_size": 1, "hidden_size": 1},
        {"input_size": 0},
        {"hidden_size": 0},
        {"hidden_size": -1},
        {"num_layers": 0},
        {"num_layers": 1},
        {"dropout": 0},
        {"dropout": 1},
        {"dropout": 1.0000001},
        {"dropout": -1e-9},
        {"proj_size": 0},
        {"proj_size": -1},
        {"proj_size": 2},
        {"proj_size": 3},
        {"proj_size": 4},
    ],
    ids=str,
)
def test_both_draw_the_line_at_the_same_value(kind: str, edge: dict[str, Any]) -> None:
    assert_same_verdict(kind, (), {"input_size": 2, "hidden_size": 3, **edge})


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("args", [(), (10,), (10, 20, *range(1, 12))])
def test_too_few_and_too_many_arguments_are_refused_by_both(
    kind: str, args: tuple[int, ...]
) -> None:
    assert not assert_same_verdict(kind, args, {})


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_argument_given_twice_is_refused_by_both(kind: str) -> None:
    assert not assert_same_verdict(kind, (10, 20), {"hidden_size": 20})


INTENTS = {
    "LSTM(10, 20, 2, 0.5)": "bias=0.5 is not possible: True or False."
    " 0.5 looks like a dropout: pass dropout=0.5 by name.",
    "LSTM(10, 20, num_layers=0)": "num_layers=0 is not possible: a whole number greater than 0."
    " num_layers counts all layers, the first one included.",
    "LSTM(10, 20.0)": "hidden_size=20.0 is not possible: a whole number greater than 0."
    " Divide with // instead of /, or round it with int(...).",
    "GRU(10, 20, proj_size=5)": "proj_size=5 is not possible: only the LSTM has a projection,"
    " GRU has none. Leave it out.",
    "LSTM(10, 20, dropout=30)": "dropout=30 is not possible: a number from 0 to 1, the probability"
    " of zeroing an element. For 30 percent write dropout=0.3.",
    "LSTM(10, hidden_dim=20)": "hidden_dim=20 is not possible: LSTM has no such option."
    " Did you mean hidden_size?",
    "RNN(10, 20, 'relu')": "num_layers='relu' is not possible: a whole number greater than 0."
    " Pass nonlinearity='relu' by name.",
    "LTSM(10, 20)": "kind='LTSM' is not possible: choose RNN, LSTM, GRU, RNNCell, LSTMCell,"
    " GRUCell. Did you mean LSTM?",
}


@pytest.mark.parametrize("text", INTENTS)
def test_the_message_names_option_value_range_and_intent(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        RNNConfig.parse(text)
    assert str(caught.value) == INTENTS[text]
