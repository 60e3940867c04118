"""What the gates of a layer did on one input, in the numbers that rules look at."""

from __future__ import annotations

from dataclasses import dataclass

from rnnscope.findings import Location


@dataclass(frozen=True, slots=True)
class NotFinite:
    """The first NaN or infinity: the step and the gate that it is computed in.

    ``source`` names the input or the weight that had one before, None where it arises here.
    """

    step: int
    gate: str
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Activity:
    """One layer in one direction, ``name`` being "layer 0 forward".

    ``order`` are its first and its last time step, in the order in which it takes them. ``dead``
    of ``units`` stand still, None where that is not known. ``forgetting`` names the gate that
    keeps the state where it is closed for all units. ``gradient`` is the norm at the two steps of
    ``order``, None without a loss.
    """

    kind: str
    name: str
    order: tuple[int, int]
    units: int
    dead: int | None = None
    forgetting: str | None = None
    gradient: tuple[float, float] | None = None
    not_finite: NotFinite | None = None
    location: Location | None = None
