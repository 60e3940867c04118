"""configs(): the options of one recurrent layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from rnnscope.cells import KINDS, PROJECTED_KINDS, kind_named
from rnnscope.config import DTYPES, NONLINEARITIES, RNNConfig
from rnnscope.strategies.bounds import check_range


def configs(
    *,
    kinds: Sequence[str] = tuple(KINDS),
    min_input_size: int = 1,
    max_input_size: int = 5,
    min_hidden_size: int = 1,
    max_hidden_size: int = 5,
    min_layers: int = 1,
    max_layers: int = 3,
    bias: bool | None = None,
    batch_first: bool | None = None,
    bidirectional: bool | None = None,
    projected: bool | None = None,
    max_dropout: float = 0.0,
    dtypes: Sequence[str] = ("float32", "float64"),
    device: str = "cpu",
) -> st.SearchStrategy[RNNConfig]:
    """Draw an RNNConfig that torch.nn accepts; shrinks to ``RNN(1, 1)`` with every default.

    The bounds are inclusive. ``bias``, ``batch_first``, ``bidirectional`` and ``projected`` fix
    that option, None draws both; cells have none of the options of a stack, and only an LSTM is
    ever projected. Dropout is drawn only for two or more layers, and only when ``max_dropout``
    is raised: without it a layer computes the same in training mode as in evaluation.
    Raises hypothesis's InvalidArgument for bounds that nothing satisfies.

    >>> from hypothesis import find
    >>> str(find(configs(kinds=["LSTM"], min_layers=2), lambda config: config.bidirectional))
    'LSTM(1, 1, num_layers=2, bidirectional=True)'
    """
    check_range("input_size", min_input_size, max_input_size, least=1)
    check_range("hidden_size", min_hidden_size, max_hidden_size, least=1)
    check_range("layers", min_layers, max_layers, least=1)
    names = _known_kinds(kinds)
    _check_choices(names, dtypes, max_dropout, projected, max_hidden_size)
    stack = {
        "num_layers": st.integers(min_layers, max_layers),
        "batch_first": _either(batch_first, default=False),
        "bidirectional": _either(bidirectional, default=False),
        "dropout": st.floats(0, max_dropout) if max_dropout else st.just(0.0),
    }
    every = {
        "input_size": st.integers(min_input_size, max_input_size),
        "hidden_size": st.integers(min_hidden_size, max_hidden_size),
        "bias": _either(bias, default=True),
        "nonlinearity": st.sampled_from(NONLINEARITIES),
        "dtype": st.sampled_from(tuple(dtypes)),
    }
    return _configs(names, {**every, **stack}, frozenset(stack), projected, device)


@st.composite
def _configs(
    draw: st.DrawFn,
    kinds: tuple[str, ...],
    parts: dict[str, st.SearchStrategy[Any]],
    stack: frozenset[str],
    projected: bool | None,
    device: str,
) -> RNNConfig:
    kind = KINDS[draw(st.sampled_from(kinds))]
    # Every kind draws every option and drops those it does not have. Hypothesis takes the shorter
    # series of choices for the simpler one, and cells would otherwise be simpler than layers.
    options = {name: draw(strategy) for name, strategy in parts.items()}
    if kind.name in PROJECTED_KINDS and projected is not False:
        options["proj_size"] = draw(_projections(options, projected))
    if options["num_layers"] == 1:
        options["dropout"] = 0.0
    if kind.single_step:
        options = {name: value for name, value in options.items() if name not in stack}
    if "nonlinearity" not in kind.options:
        del options["nonlinearity"]
    return RNNConfig(kind.name, device=device, **options)


def _projections(options: dict[str, Any], projected: bool | None) -> st.SearchStrategy[int]:
    widest = options["hidden_size"] - 1
    if projected:
        # A projection is narrower than the cell, so that the cell needs a width of 2.
        options["hidden_size"] = max(widest + 1, 2)
        return st.integers(1, max(widest, 1))
    return st.just(0) | st.integers(1, widest) if widest else st.just(0)


def _either(fixed: bool | None, *, default: bool) -> st.SearchStrategy[bool]:
    return st.sampled_from((default, not default)) if fixed is None else st.just(fixed)


def _known_kinds(kinds: Sequence[str]) -> tuple[str, ...]:
    found = [kind_named(name) for name in kinds]
    if not found or None in found:
        raise InvalidArgument(f"kinds={kinds!r}: choose one or more of {', '.join(KINDS)}")
    return tuple(kind.name for kind in found if kind)


def _check_choices(
    kinds: tuple[str, ...],
    dtypes: Sequence[str],
    max_dropout: float,
    projected: bool | None,
    max_hidden_size: int,
) -> None:
    if not dtypes or not set(dtypes) <= set(DTYPES):
        raise InvalidArgument(f"dtypes={dtypes!r}: choose one or more of {', '.join(DTYPES)}")
    if not 0 <= max_dropout <= 1:
        raise InvalidArgument(f"max_dropout={max_dropout} is not from 0 to 1")
    if projected and not (set(kinds) <= PROJECTED_KINDS and max_hidden_size > 1):
        raise InvalidArgument(
            f"projected=True needs kinds of {', '.join(PROJECTED_KINDS)} and max_hidden_size of 2"
        )
