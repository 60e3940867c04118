"""What experiments on a recorded step have shown: subjects for rules, without a tensor."""

from __future__ import annotations

from dataclasses import dataclass

from rnnscope.findings import Location


@dataclass(frozen=True, slots=True)
class OthersTarget:
    """A sample's prediction is compared with another sample's target.

    ``kind`` is "pairs" where every prediction meets every target, "others" where a sample's own
    target is not among those it meets. ``made_at`` is where the predictions got their shape,
    ``moved_at`` where their samples came onto another axis.
    """

    kind: str
    sample: int
    errors: tuple[int, ...]
    loss: str
    predictions: tuple[int, ...]
    targets: tuple[int, ...]
    location: Location | None
    made_at: Location | None = None
    moved_at: Location | None = None


@dataclass(frozen=True, slots=True)
class ResultUnused:
    """A call that changes nothing in place gave a result, and nothing ever read it."""

    function: str
    location: Location | None


@dataclass(frozen=True, slots=True)
class EvaluatedInTraining:
    """A model that was trained is asked without gradients while it is in training mode.

    ``what`` is what differs there: dropout, or batch norm.
    """

    kind: str
    what: str
    location: Location | None


@dataclass(frozen=True, slots=True)
class GradientsKept:
    """An optimizer steps along gradients to which those of all earlier steps were added."""

    optimizer: str
    location: Location | None


@dataclass(frozen=True, slots=True)
class StateNeverHandedOn:
    """A layer is called step after step, and begins from nothing each time.

    ``times`` is how often it was called in one step of training.
    """

    kind: str
    times: int
    location: Location | None
    built_at: Location | None = None
