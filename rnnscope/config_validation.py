"""What torch.nn accepts for each option of a recurrent layer, and the words for what it refuses.

Each function takes the value of an option as the user gave it, and returns the value that torch
takes it for; it raises ConfigError exactly where torch's constructor raises.
"""

from __future__ import annotations

import difflib
import numbers
import operator
from collections.abc import Mapping, Sequence
from typing import Any

from rnnscope.cells import KINDS, PROJECTED_KINDS, Kind, kind_named
from rnnscope.errors import ConfigError

# The dtypes in which torch 2.6 and later can create the parameters of a recurrent layer.
DTYPES = ("float16", "bfloat16", "float32", "float64", "complex64", "complex128")
ITEM_BYTES = dict(zip(DTYPES, (2, 2, 4, 8, 8, 16), strict=True))
NONLINEARITIES = ("tanh", "relu")

# torch refuses a tensor whose bytes do not fit into a signed 64-bit number.
_MOST_BYTES = 2**63 - 1


def checked_kind(name: object) -> Kind:
    """The kind of this name, whatever its case."""
    kind = kind_named(name) if isinstance(name, str) else None
    if kind is None:
        raise ConfigError("kind", name, f"choose {', '.join(KINDS)}", closest(name, KINDS))
    return kind


def checked_options(
    kind: Kind, given: Mapping[str, object], defaults: Mapping[str, object]
) -> dict[str, Any]:
    """Every option of a layer or a cell as torch takes it; ``given`` has them all by name."""
    _check_dtype(given["dtype"])
    check = _checked_cell if kind.single_step else _checked_stack
    _check_known(kind, given, defaults)
    return {
        "nonlinearity": _checked_nonlinearity(kind, given["nonlinearity"]),
        **check(kind, given),
    }


def _checked_nonlinearity(kind: Kind, value: object) -> str | None:
    if "nonlinearity" not in kind.options:
        if value is not None:
            raise ConfigError(
                "nonlinearity",
                value,
                f"only RNN and RNNCell have it, {kind.name} always uses sigmoid and tanh",
                "Leave it out.",
            )
        return None
    if value is None:
        return "tanh"
    # torch.nn.RNNCell keeps whatever it is given and complains only when it is called.
    if value in NONLINEARITIES or kind.single_step:
        return value  # type: ignore[return-value]
    intent = (
        "The fourth positional argument of nn.RNN is nonlinearity; pass bias by name."
        if isinstance(value, bool)
        else closest(value, NONLINEARITIES)
        if isinstance(value, str)
        else "Pass the name as a string."
    )
    raise ConfigError("nonlinearity", value, "'tanh' or 'relu'", intent)


def _check_dtype(dtype: object) -> None:
    if dtype not in DTYPES:
        raise ConfigError(
            "dtype",
            dtype,
            f"parameters need a floating or complex type, {', '.join(DTYPES)}",
            closest(dtype, DTYPES),
        )


def _checked_stack(kind: Kind, given: Mapping[str, object]) -> dict[str, Any]:
    dropout = _checked_dropout(given["dropout"])
    for name in ("bias", "batch_first"):
        _check_bool(name, given[name])
    _check_rows(kind, given["hidden_size"])
    hidden_size = _checked_size("hidden_size", given["hidden_size"])
    return {
        "dropout": dropout,
        "bidirectional": bool(given["bidirectional"]),
        "input_size": _checked_size("input_size", given["input_size"]),
        "hidden_size": hidden_size,
        "num_layers": _checked_layers(given["num_layers"]),
        "proj_size": _checked_projection(kind, given["proj_size"], hidden_size),
    }


def _checked_dropout(value: object) -> float:
    allowed = "a number from 0 to 1, the probability of zeroing an element"
    intent = None
    if isinstance(value, bool):
        intent = "A True here is often meant for bidirectional: pass options by name."
    elif isinstance(value, (int, float)) and 1 < value <= 100:
        intent = f"For {value} percent write dropout={value / 100:g}."
    elif value is None:
        intent = "For no dropout write dropout=0."
    valid = isinstance(value, numbers.Number) and not isinstance(value, (bool, complex))
    if not valid or not 0 <= value <= 1:  # type: ignore[operator]
        raise ConfigError("dropout", value, allowed, intent)
    return float(value)  # type: ignore[arg-type]


def _check_bool(name: str, value: object) -> None:
    if not isinstance(value, bool):
        intent = (
            f"{value} looks like a dropout: pass dropout={value} by name."
            if isinstance(value, float)
            else f"Write {name}={bool(value)}."
        )
        raise ConfigError(name, value, "True or False", intent)


def _checked_size(name: str, value: object) -> int:
    allowed = "a whole number greater than 0"
    if not isinstance(value, int):
        intent = None
        if isinstance(value, float):
            intent = "Divide with // instead of /, or round it with int(...)."
        elif hasattr(value, "__index__"):
            intent = f"torch takes only Python's int: write {name}=int(...)."
        raise ConfigError(name, value, allowed, intent)
    if value <= 0:
        raise ConfigError(name, value, allowed, "Was it computed from empty data?")
    return int(value)


def _check_rows(kind: Kind, hidden_size: object) -> None:
    """torch takes a bool for a number only where it multiplies it, and one gate is not."""
    if isinstance(hidden_size, bool) and kind.cell.gate_multiple == 1:
        raise ConfigError(
            "hidden_size", hidden_size, "a whole number greater than 0", "True is no size."
        )


def _checked_layers(value: Any) -> int:
    try:
        layers = operator.index(value)
    except TypeError:
        whole = isinstance(value, float) and value.is_integer()
        intent = f"Write num_layers={int(value)}." if whole else None
        if isinstance(value, str) and value in NONLINEARITIES:
            intent = f"Pass nonlinearity={value!r} by name."
        raise ConfigError("num_layers", value, "a whole number greater than 0", intent) from None
    if layers <= 0:
        raise ConfigError(
            "num_layers",
            value,
            "a whole number greater than 0",
            "num_layers counts all layers, the first one included.",
        )
    return layers


def _checked_projection(kind: Kind, value: Any, hidden_size: int) -> int:
    allowed = f"0 for no projection, or a whole number below hidden_size={hidden_size}"
    try:
        possible = not value < 0 and not value >= hidden_size
        # torch builds no projection for any value that is not greater than 0, a float 0.0 included.
        size = operator.index(value) if value > 0 else 0
        # A bool is no size for torch where nothing multiplies it first; False is no projection.
        possible = possible and not (isinstance(value, bool) and size)
    except TypeError:
        raise ConfigError("proj_size", value, allowed) from None
    if not possible:
        intent = "For no projection write proj_size=0." if value < 0 else None
        raise ConfigError("proj_size", value, allowed, intent)
    if size and kind.name not in PROJECTED_KINDS:
        raise ConfigError(
            "proj_size",
            value,
            f"only the LSTM has a projection, {kind.name} has none",
            "Leave it out and put an nn.Linear after the layer.",
        )
    return size


def _check_known(kind: Kind, given: Mapping[str, object], defaults: Mapping[str, object]) -> None:
    """Refuse to a cell what only a stack of layers has."""
    for name, value in given.items() if kind.single_step else ():
        known = name in (*kind.options, "kind", "nonlinearity")
        if not known and value != defaults[name]:
            raise ConfigError(
                name,
                value,
                f"a cell has no such option, {kind.name} computes one step of one layer",
                f"For a whole sequence use {kind.cell.name}.",
            )


def _checked_cell(kind: Kind, given: Mapping[str, object]) -> dict[str, Any]:
    sizes = {name: _checked_cell_size(name, given[name]) for name in ("input_size", "hidden_size")}
    return {**sizes, "bias": bool(given["bias"])}


def _checked_cell_size(name: str, value: Any) -> int:
    try:
        size = operator.index(value)
    except TypeError:
        raise ConfigError(
            name, value, "a whole number of at least 0", "Divide with // instead of /."
        ) from None
    if size < 0:
        raise ConfigError(name, value, "a whole number of at least 0")
    return size


def check_storage(hidden_size: int, gates: int, columns: int, dtype: str) -> None:
    """Refuse a weight with more bytes than torch can count."""
    rows = gates * hidden_size
    if max(rows * columns * ITEM_BYTES[dtype], rows, columns) > _MOST_BYTES:
        raise ConfigError(
            "hidden_size",
            hidden_size,
            "one weight would have more bytes than a 64-bit number can count",
        )


def closest(value: object, known: Sequence[str] | Mapping[str, object]) -> str | None:
    """The question whether one of the known names was meant, or None when none is near."""
    folded = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(str(value).casefold(), list(folded), 1, 0.5)
    return f"Did you mean {folded[close[0]]}?" if close else None
