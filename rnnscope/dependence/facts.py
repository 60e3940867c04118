"""What is found out about a module's axes: frozen data, without tensors and without torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any


@dataclass(frozen=True, slots=True)
class Axis:
    """What moving along one axis does.

    ``kind`` is batch, time, features, broadcast or unknown. ``how`` tells more: of time causal,
    anti-causal, both, pointwise or pooled, of a batch "mixed" where samples see each other, of
    features "apart" where each has results of its own. ``back`` and ``ahead`` are steps, None for
    all there are; ``window`` is how many steps one result reads where ``stride`` is not 1.
    """

    kind: str
    size: int
    how: str = ""
    back: int | None = None
    ahead: int | None = None
    window: int | None = None
    stride: Fraction = Fraction(1)
    note: str = ""

    @property
    def words(self) -> str:
        """Such as ``time causal, 3 back`` or ``batch``."""
        parts = [f"{self.kind} {self.how}".strip()]
        parts += [f"{n} {word}" for n, word in ((self.back, "back"), (self.ahead, "ahead")) if n]
        parts += [f"window {self.window}"] if self.window else []
        parts += [f"stride {self.stride}"] if self.stride != 1 else []
        return ", ".join(parts)

    @property
    def mixed(self) -> bool:
        """True for samples that see each other."""
        return (self.kind, self.how) == ("batch", "mixed")

    def to_dict(self) -> dict[str, Any]:
        """The keys of an axis in the JSON schema."""
        told = {name: getattr(self, name) for name in self.__slots__}
        return {**told, "stride": str(self.stride), "words": self.words}


@dataclass(frozen=True, slots=True)
class Told:
    """One tensor that goes in or comes out."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    axes: tuple[Axis, ...]

    def to_dict(self) -> dict[str, Any]:
        """The keys of a tensor in the JSON schema."""
        return {
            "name": self.name,
            "shape": list(self.shape),
            "dtype": self.dtype,
            "axes": [axis.to_dict() for axis in self.axes],
        }


@dataclass(frozen=True, slots=True)
class Influence:
    """A matrix: ``rows[j][i]`` is True where input step i moves result step j, None if not tried.

    ``kind`` is that of the axes; off the diagonal of a batch everything is a leak.
    """

    input: str
    axis: int
    result: str
    result_axis: int
    kind: str
    rows: tuple[tuple[bool | None, ...], ...]

    @property
    def title(self) -> str:
        """Which axes these are."""
        return (
            f"{self.result} axis {self.result_axis} by {self.input} axis {self.axis}, {self.kind}"
        )

    @property
    def leaks(self) -> Iterator[tuple[int, int]]:
        """The places at which one sample moves another."""
        for j, row in enumerate(self.rows if self.kind == "batch" else ()):
            yield from ((j, i) for i, moved in enumerate(row) if moved and i != j)

    def to_dict(self) -> dict[str, Any]:
        """The keys of a matrix in the JSON schema."""
        told = {name: getattr(self, name) for name in self.__slots__}
        return {**told, "rows": [list(row) for row in self.rows]}


@dataclass(frozen=True, slots=True)
class Conduct:
    """How a module behaves as a whole; None is what could not be tried, or has no meaning here.

    ``continues`` tells whether two halves with the state handed on are the whole, ``apart`` by how
    much they are not. ``right`` and ``left`` name the results that more padding leaves as they are.
    """

    deterministic: bool = True
    draws: bool = False
    kept: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    continues: bool | None = None
    apart: float | None = None
    training_differs: bool | None = None
    training_mixes: bool | None = None
    right: tuple[str, ...] | None = None
    left: tuple[str, ...] | None = None
    padded_by: str = "zeros"
    cut: bool | None = None
    dtypes_kept: bool = True
    device_kept: bool = True
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The keys of a behaviour in the JSON schema."""
        values = ((name, getattr(self, name)) for name in self.__slots__)
        return {name: list(v) if isinstance(v, tuple) else v for name, v in values}


@dataclass(frozen=True, slots=True)
class Dependence:
    """What was found out about one module; ``passes`` of it were run, at most ``most``."""

    target: str
    inputs: tuple[Told, ...]
    results: tuple[Told, ...]
    influences: tuple[Influence, ...]
    conduct: Conduct
    passes: int
    most: int

    def axes(self, name: str) -> tuple[str, ...]:
        """The axes of an input or a result in words."""
        found = {told.name: told for told in (*self.inputs, *self.results)}[name]
        return tuple(axis.words for axis in found.axes)

    def to_dict(self) -> dict[str, Any]:
        """The keys of one module in the JSON schema."""
        return {
            "target": self.target,
            "inputs": [told.to_dict() for told in self.inputs],
            "results": [told.to_dict() for told in self.results],
            "influences": [influence.to_dict() for influence in self.influences],
            "conduct": self.conduct.to_dict(),
            "passes": self.passes,
        }
