"""RNNConfig: the options of one recurrent layer, accepted exactly when torch.nn accepts them."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from rnnscope.cells import KINDS, PROJECTED_KINDS, Cell, Kind
from rnnscope.config_validation import (
    DTYPES,
    ITEM_BYTES,
    NONLINEARITIES,
    check_storage,
    checked_kind,
    checked_options,
)
from rnnscope.errors import SubjectError
from rnnscope.layer_parser import bound_arguments, read_call

if TYPE_CHECKING:
    from torch import nn

__all__ = ["DTYPES", "ITEM_BYTES", "NONLINEARITIES", "RNNConfig", "kind_of"]


@dataclass(frozen=True, slots=True, repr=False)
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
        kind = checked_kind(self.kind)
        given = {name: getattr(self, name) for name in _DEFAULTS}
        for name, value in checked_options(kind, given, _DEFAULTS).items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "kind", kind.name)
        widest = max(self.input_size_of(0), self.input_size_of(1), self.output_size)
        check_storage(self.hidden_size, self.gate_multiple, widest, self.dtype)

    @classmethod
    def of_arguments(cls, kind: str, *args: object, **kwargs: object) -> RNNConfig:
        """Bind arguments as ``torch.nn.<kind>(*args, **kwargs)`` does, positions included.

        >>> RNNConfig.of_arguments("GRU", 10, 20, 2, True, True).batch_first
        True
        """
        found = checked_kind(kind)
        return cls(kind=found.name, **bound_arguments(found, args, kwargs))

    @classmethod
    def parse(cls, text: str) -> RNNConfig:
        """Read a layer as Python writes or prints it; literals only, nothing is evaluated.

        >>> RNNConfig.parse("nn.LSTM(10, 20, num_layers=2)").num_layers
        2
        """
        name, args, kwargs = read_call(text)
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
        read = [getattr(module, name, _DEFAULTS[name]) for name in kind.options[:-2]]
        try:
            return _checked_once(kind, *read, *_placement(module))
        except TypeError:  # an option that somebody set to a list; a refusal is a ValueError
            return _checked_once.__wrapped__(kind, *read, *_placement(module))

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

    def __repr__(self) -> str:
        """As it would be made: the sizes, then each option that is not the default."""
        given = {**_DEFAULTS, "nonlinearity": "tanh" if "RNN" in self.kind else None}
        options = [
            f"{name}={getattr(self, name)!r}"
            for name in list(_DEFAULTS)[3:]
            if getattr(self, name) != given[name]
        ]
        sizes = (repr(self.kind), str(self.input_size), str(self.hidden_size))
        return f"RNNConfig({', '.join([*sizes, *options])})"

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


@lru_cache(256, typed=True)
def _checked_once(kind: Kind, *options: Any) -> RNNConfig:
    """The config of options read off a layer; one that is inspected in a loop is checked once."""
    return RNNConfig(kind.name, **dict(zip(kind.options, options, strict=True)))


def _placement(module: nn.Module) -> tuple[str, str]:
    parameter = next((p for p in module._parameters.values() if p is not None), None)
    parameter = next(module.parameters(), None) if parameter is None else parameter
    if parameter is None:
        return _DEFAULTS["device"], _DEFAULTS["dtype"]
    dtype = str(parameter.dtype).removeprefix("torch.")
    return str(parameter.device), dtype if dtype in DTYPES else _DEFAULTS["dtype"]


_DEFAULTS: dict[str, Any] = {
    field.name: None if field.default is MISSING else field.default for field in fields(RNNConfig)
}
