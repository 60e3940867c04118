"""What experiments on a recorded step have shown: subjects for rules, without a tensor."""

from __future__ import annotations

from dataclasses import dataclass

from rnnscope.findings import Location


@dataclass(frozen=True, slots=True)
class OthersTarget:
    """A sample's prediction is compared with another sample's target.

    ``kind`` is "pairs" where every prediction meets every target, "others" where a sample's own
    target is not among those it meets. ``reordered_at`` put the samples in another order.
    """

    kind: str
    sample: int
    errors: tuple[int, ...]
    loss: str
    predictions: tuple[int, ...]
    targets: tuple[int, ...]
    location: Location | None
    reordered_at: object = None
