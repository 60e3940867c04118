"""Where the output of a bidirectional layer is narrowed to one of its two halves."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from rnnscope.findings import Location
from rnnscope.subjects.proofs import IdleWeights
from rnnscope.tracing.events import Part, Usage
from rnnscope.tracing.labels import CallRecord

_LOST = {0: "backward half", 1: "forward half"}  # by the direction that is kept


@dataclass(slots=True)
class Halves:
    """The lines that narrow an output, by the line of the layer's call and the half they lose."""

    _narrowed: dict[tuple[Location, str], Location] = field(default_factory=dict)

    def used(self, record: CallRecord, usage: Usage) -> None:
        """What became of the results of a recurrent call."""
        kept = {(part.direction, part.location) for part in usage.parts}
        direction, line = kept.pop() if len(kept) == 1 else (None, None)
        if direction is None or line is None or usage.location is None:
            return
        if all(_only_narrowed(part) for part in usage.parts):
            self._narrowed.setdefault((usage.location, _LOST[direction]), line)

    def placed(self, weights: IdleWeights) -> IdleWeights:
        """The same proof with the line that leaves these weights without a gradient, if known."""
        for (call, lost), line in self._narrowed.items():
            if call == weights.location and weights.part.startswith(f"the {lost}"):
                return replace(weights, narrowed_at=line)
        return weights


def _only_narrowed(part: Part) -> bool:
    """True for a part of the output of which nothing but the direction was picked."""
    return part.result == "output" and part.step is part.sample is part.unit is None
