"""What a program tells torch about training that torch does not take: no effect, no complaint."""

from __future__ import annotations

from dataclasses import dataclass

from rnnscope.findings import Location


@dataclass(frozen=True, slots=True)
class DropoutAlwaysOn:
    """A dropout function called without ``training`` by a module in eval mode.

    ``probability`` is its p, ``repaired`` the call as it was written with
    ``training=self.training`` added.
    """

    function: str
    probability: float
    repaired: str
    location: Location | None


@dataclass(frozen=True, slots=True)
class FreezeWithoutEffect:
    """An attribute was set that torch never reads, and ``count`` parameters are as they were.

    ``attribute`` was set to ``value`` on parameters, or on a module of class ``module``.
    ``target`` is the text on its left where it was found, as in ``model.encoder``; ``others`` are
    further lines that set it.
    """

    attribute: str
    value: bool
    count: int
    module: str | None = None
    target: str | None = None
    location: Location | None = None
    others: tuple[Location, ...] = ()
