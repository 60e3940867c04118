"""What the numbers of a layer in a weights file are like, gate by gate."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BlockValues:
    """The numbers of one gate's block of one parameter; of weight_hr, which has no gates, all.

    ``mean``, ``deviation`` and ``largest`` (of the absolute values) are over the finite numbers,
    None where there are none. ``zeros`` is the share of exact zeros. ``norm`` is the spectral norm
    of a block of weight_hh, ``radius`` the spectral radius of a plain RNN's; both are None where
    they were not computed: numbers that are not finite, or more than 2,048 rows.
    """

    parameter: str
    block: str
    mean: float | None
    deviation: float | None
    largest: float | None
    zeros: float
    nan: int
    inf: int
    norm: float | None = None
    radius: float | None = None


@dataclass(frozen=True, slots=True)
class ForgetBias:
    """The total bias b_if + b_hf of one layer and direction: it opens or closes the forget gate."""

    place: str
    mean: float
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class LayerValues:
    """Everything that the numbers of one layer tell; ``notes`` are worth knowing, no mistakes."""

    blocks: tuple[BlockValues, ...]
    forget_biases: tuple[ForgetBias, ...] = ()
    notes: tuple[str, ...] = ()
