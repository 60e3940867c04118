"""RNNConfig: the options of one recurrent layer, accepted exactly when torch.nn accepts them."""

from __future__ import annotations

import ast
import difflib
import numbers
import operator
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from rnnscope.cells import KINDS, PROJECTED_KINDS, Cell, Kind, kind_named
from rnnscope.errors import ConfigError, ConfigSyntaxError, SubjectError

if TYPE_CHECKING:
    from torch import nn

# The dtypes in which torch 2.2 and later can create the parameters of a recurrent layer.
DTYPES = ("float16", "bfloat16", "float32", "float64", "complex64", "complex128")
ITEM_BYTES = dict(zip(DTYPES, (2, 2, 4, 8, 8, 16), strict=True))
NONLINEARITIES = ("tanh", "relu")

# torch refuses a tensor whose bytes do not fit into a signed 64-bit number.
_MOST_BYTES = 2**63 - 1

_OTHER_NAMES = {
    "hidden_dim": "hidden_size",
    "units": "hidden_size",
    "hidden": "hidden_size",
    "input_dim": "input_size",
    "embedding_dim": "input_size",
    "n_layers": "num_layers",
    "layers": "num_layers",
    "num_directions": "bidirectional",
    "batchfirst": "batch_first",
    "activation": "nonlinearity",
    "use_bias": "bias",
    "projection_size": "proj_size",
}


@dataclass(frozen=True, slots=True)
class RNNConfig:
    """The options of one ``torch.nn`` recurrent layer or cell, under torch's own names.

    Creating one checks the options as torch's constructor does; bools given as numbers are
    stored as the numbers that torch takes them for. Raises ConfigError, which names the
    option, its value, what is allowed and the likely intent.

    >>> RNNConfig("LSTM", 10, 20, num_layers=2, bidirectional=True).directions
    2
    """

    kind: str
    input_size: int
    hidden_size: int
    num_layers: int = 1
    nonlinearity: str | None = None
    bias: bool = True
    batch_first: bool = False
    dropout: float = 0.0
    bidirectional: bool = False
    proj_size: int = 0
    dtype: str = "float32"
    device: str = "cpu"

    def __post_init__(self) -> None:
        kind = kind_named(self.kind) if isinstance(self.kind, str) else None
        if kind is None:
            raise ConfigError(
                "kind", self.kind, f"choose {', '.join(KINDS)}", _closest(self.kind, KINDS)
            )
        _set(self, kind=kind.name)
        _set(self, nonlinearity=_checked_nonlinearity(kind, self.nonlinearity))
        _check_dtype(self.dtype)
        (_check_cell if kind.single_step else _check_stack)(self, kind)
        _check_storage(self)

    @classmethod
    def of_arguments(cls, kind: str, *args: Any, **kwargs: Any) -> RNNConfig:
        """Bind arguments as ``torch.nn.<kind>(*args, **kwargs)`` does, positions included.

        >>> RNNConfig.of_arguments("GRU", 10, 20, 2, True, True).batch_first
        True
        """
        found = kind_named(kind)
        if found is None:
            return cls(kind, 0, 0)
        return cls(kind=found.name, **_bound(found, args, kwargs))

    @classmethod
    def parse(cls, text: str) -> RNNConfig:
        """Read a layer as Python writes or prints it; literals only, nothing is evaluated.

        >>> RNNConfig.parse("nn.LSTM(10, 20, num_layers=2)").num_layers
        2
        """
        name, args, kwargs = _read_call(text)
        return cls.of_arguments(name, *args, **kwargs)

    @classmethod
    def of(cls, module: nn.Module) -> RNNConfig:
        """Read the options off a live layer's attributes (its repr drops ``nonlinearity``)."""
        kind = kind_of(module)
        if kind is None:
            raise SubjectError(
                f"{type(module).__name__} is no torch.nn recurrent layer: "
                f"give a module of {', '.join(KINDS)}"
            )
        names = {field.name for field in fields(cls)} - {"kind", "dtype", "device"}
        options = {name: getattr(module, name) for name in names if hasattr(module, name)}
        return cls(kind=kind.name, **options, **_placement(module))

    def build(self) -> nn.Module:
        """Construct the torch layer: it draws from torch's global random stream, as torch does."""
        import torch

        return getattr(torch.nn, self.kind)(  # type: ignore[no-any-return]
            **self.arguments(),
            device=torch.device(self.device),
            dtype=getattr(torch, self.dtype),
        )

    def arguments(self) -> dict[str, Any]:
        """The keyword arguments of torch's constructor for this kind, device and dtype apart."""
        taken = KINDS[self.kind].options
        options = {name: getattr(self, name) for name in taken if name not in ("device", "dtype")}
        if self.kind not in PROJECTED_KINDS:
            options.pop("proj_size", None)
        return options

    def with_options(self, **changes: Any) -> RNNConfig:
        """The same configuration with some options changed, checked again."""
        return replace(self, **changes)

    @property
    def cell(self) -> Cell:
        """The cell that each step computes: RNN, LSTM or GRU."""
        return KINDS[self.kind].cell

    @property
    def single_step(self) -> bool:
        """True for RNNCell, LSTMCell and GRUCell."""
        return KINDS[self.kind].single_step

    @property
    def directions(self) -> int:
        """D of the torch.nn documentation: 2 if bidirectional, else 1."""
        return 2 if self.bidirectional else 1

    @property
    def output_size(self) -> int:
        """H_out: proj_size if proj_size > 0, else hidden_size."""
        return self.proj_size or self.hidden_size

    @property
    def gate_multiple(self) -> int:
        """How many times hidden_size the weights have rows: LSTM 4, GRU 3, RNN 1."""
        return self.cell.gate_multiple

    def input_size_of(self, layer: int) -> int:
        """Features that layer ``layer`` reads: H_in for the first, D*H_out above it."""
        return self.input_size if layer == 0 else self.directions * self.output_size

    def sizes(self) -> dict[str, int]:
        """The values of the field's symbols, N and L apart."""
        return {
            "H_in": self.input_size,
            "H_cell": self.hidden_size,
            "H_out": self.output_size,
            "D": self.directions,
            "num_layers": self.num_layers,
        }

    def __str__(self) -> str:
        """As Python would write it: the sizes, then each option that is not torch's default."""
        defaults = {f.name: f.default for f in fields(self)} | {"nonlinearity": "tanh"}
        options = [
            f"{name}={value!r}"
            for name, value in self.arguments().items()
            if name not in ("input_size", "hidden_size") and value != defaults[name]
        ]
        if self.dtype != "float32":
            options.append(f"dtype=torch.{self.dtype}")
        if self.device != "cpu":
            options.append(f"device={self.device!r}")
        return f"{self.kind}({', '.join([str(self.input_size), str(self.hidden_size), *options])})"


def kind_of(module: object) -> Kind | None:
    """The torch.nn recurrent class that an object's class is or extends, or None."""
    for base in type(module).__mro__:
        if base.__module__ == "torch.nn.modules.rnn" and base.__name__ in KINDS:
            return KINDS[base.__name__]
    return None


def _placement(module: nn.Module) -> dict[str, str]:
    parameter = next(module.parameters(), None)
    if parameter is None:
        return {}
    dtype = str(parameter.dtype).removeprefix("torch.")
    return {"device": str(parameter.device)} | ({"dtype": dtype} if dtype in DTYPES else {})


def _set(config: RNNConfig, **values: Any) -> None:
    for name, value in values.items():
        object.__setattr__(config, name, value)


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
        else "Pass the name as a string."
    )
    raise ConfigError("nonlinearity", value, "'tanh' or 'relu'", intent)


def _check_dtype(dtype: object) -> None:
    if dtype not in DTYPES:
        raise ConfigError(
            "dtype",
            dtype,
            f"parameters need a floating or complex type, {', '.join(DTYPES)}",
            _closest(dtype, DTYPES),
        )


def _check_stack(config: RNNConfig, kind: Kind) -> None:
    _set(config, dropout=_checked_dropout(config.dropout))
    for name in ("bias", "batch_first"):
        _check_bool(name, getattr(config, name))
    _set(config, bidirectional=bool(config.bidirectional))
    _check_rows(kind, config.hidden_size)
    for name in ("input_size", "hidden_size"):
        _set(config, **{name: _checked_size(name, getattr(config, name))})
    _set(config, num_layers=_checked_layers(config.num_layers))
    _set(config, proj_size=_checked_projection(kind, config))


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
    """torch takes a bool for a number only after it multiplied it, and one gate needs no product."""
    if isinstance(hidden_size, bool) and kind.cell.gate_multiple == 1:
        raise ConfigError(
            "hidden_size", hidden_size, "a whole number greater than 0", "True is no size."
        )


def _checked_layers(value: Any) -> int:
    try:
        layers = operator.index(value)
    except TypeError:
        intent = f"Write num_layers={int(value)}." if isinstance(value, float) else None
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


def _checked_projection(kind: Kind, config: RNNConfig) -> int:
    value: Any = config.proj_size
    allowed = f"0 for no projection, or a whole number below hidden_size={config.hidden_size}"
    try:
        possible = not value < 0 and not value >= config.hidden_size
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


def _check_cell(config: RNNConfig, kind: Kind) -> None:
    for field in fields(config):
        known = (*kind.options, "kind", "nonlinearity")
        value = getattr(config, field.name)
        if field.name not in known and value != field.default:
            raise ConfigError(
                field.name,
                value,
                f"a cell has no such option, {kind.name} computes one step of one layer",
                f"For a whole sequence use {kind.cell.name}.",
            )
    for name in ("input_size", "hidden_size"):
        _set(config, **{name: _checked_cell_size(name, getattr(config, name))})
    _set(config, bias=bool(config.bias))


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


def _check_storage(config: RNNConfig) -> None:
    rows = config.gate_multiple * config.hidden_size
    widest = max(config.input_size_of(0), config.input_size_of(1), config.output_size)
    if max(rows * widest * ITEM_BYTES[config.dtype], rows, widest) > _MOST_BYTES:
        raise ConfigError(
            "hidden_size",
            config.hidden_size,
            "one weight would have more bytes than a 64-bit number can count",
        )


def _bound(kind: Kind, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    if len(args) > len(kind.options):
        raise ConfigError(
            "arguments",
            tuple(args),
            f"{kind.name} takes at most {len(kind.options)} positional ones",
        )
    bound = dict(zip(kind.options, args, strict=False))
    for name, value in kwargs.items():
        if name not in kind.options:
            raise ConfigError(name, value, f"{kind.name} has no such option", _meant(name, kind))
        if name in bound:
            raise ConfigError(name, value, "it was already given by position")
        if name == "proj_size" and kind.name not in PROJECTED_KINDS:
            raise ConfigError(
                name,
                value,
                f"only the LSTM has a projection, {kind.name} has none",
                "Leave it out.",
            )
        bound[name] = value
    for name in ("input_size", "hidden_size"):
        if name not in bound:
            raise ConfigError(name, None, f"{kind.name} needs it", f"Write {kind.name}(10, 20).")
    if bound.get("nonlinearity", "tanh") is None:
        # None is no default of torch's: nn.RNN refuses it at once, nn.RNNCell in its first call.
        bound["nonlinearity"] = str(None)
    for name in ("device", "dtype"):
        if bound.get(name, "") is None:
            del bound[name]
        elif name in bound:
            bound[name] = str(bound[name]).removeprefix("torch.")
    return bound


def _meant(name: str, kind: Kind) -> str | None:
    folded = name.casefold()
    meant = _OTHER_NAMES.get(folded) or next(
        iter(difflib.get_close_matches(folded, kind.options, 1, 0.7)), None
    )
    return f"Did you mean {meant}?" if meant else None


def _closest(value: object, known: Sequence[str] | Mapping[str, object]) -> str | None:
    folded = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(str(value).casefold(), list(folded), 1, 0.5)
    return f"Did you mean {folded[close[0]]}?" if close else None


_PRINTED_NAME = re.compile(r"^\(?[\w.]+\)?\s*[:=]\s*")


def _read_call(text: str) -> tuple[str, list[Any], dict[str, Any]]:
    example = "write it as Python does, such as LSTM(10, 20, num_layers=2)"
    try:
        tree = ast.parse(_PRINTED_NAME.sub("", text.strip(), count=1), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ConfigSyntaxError(
            "layer", text, f"this does not read as a layer; {example}"
        ) from None
    if not isinstance(tree, ast.Call):
        raise ConfigSyntaxError("layer", text, f"this is no call; {example}")
    try:
        name = ast.unparse(tree.func).rpartition(".")[2]
        args = [_literal(node) for node in tree.args]
        kwargs = {str(k.arg): _literal(k.value) for k in tree.keywords if k.arg is not None}
        if len(kwargs) != len(tree.keywords):
            raise ValueError
    except (ValueError, RecursionError):
        raise ConfigSyntaxError(
            "layer", text, f"only literal values can be read, no names or sums; {example}"
        ) from None
    return name, args, kwargs


def _literal(node: ast.expr) -> Any:
    """A literal, or ``torch.float64`` and ``torch.device("cpu")`` by their names."""
    if isinstance(node, ast.Attribute) and ast.unparse(node).startswith("torch."):
        return node.attr
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.device" and node.args:
        return _literal(node.args[0])
    return ast.literal_eval(node)
