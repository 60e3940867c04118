"""What experiments on a recorded step have shown: subjects for rules, without a tensor."""

from __future__ import annotations

from dataclasses import dataclass

from rnnscope.findings import Location


@dataclass(frozen=True, slots=True)
class OthersTarget:
    """A sample's prediction is compared with another sample's target.

    ``kind`` is "pairs" where every prediction meets every target, "others" where a sample's own
    target is not among those it meets.
    """

    kind: str
    sample: int
    errors: tuple[int, ...]
    loss: str
    predictions: tuple[int, ...]
    targets: tuple[int, ...]
    location: Location | None


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


@dataclass(frozen=True, slots=True)
class SliceRead:
    """All that is read of the results of a recurrent layer is one slice of them.

    ``slice`` is "sample", "layers" (some, without the last), "direction", "unit" (of every step),
    "units" (all, made one number), "cell" (c_n alone) or "end" (one direction, or the only one,
    where it has seen a single input). ``index`` is the one that is read, or at an end the
    direction that has seen one input; ``of`` how many there are, at an end of steps. ``result`` is
    what it is read of, ``location`` where the rest is left behind.
    """

    slice: str
    index: int
    of: int
    result: str
    kind: str
    batch_first: bool
    bidirectional: bool
    location: Location | None
    called_at: Location | None = None
    built_at: Location | None = None


@dataclass(frozen=True, slots=True)
class IdleWeights:
    """Weights of a recurrence that nothing depends on, in any step of training that was tried.

    ``part`` is "gate" (a block of rows, of ``of`` blocks), "recurrence" (what reads the state,
    where every sequence is one step from zeros) or "cell" (all that ``of`` calls gave).
    """

    part: str
    of: int
    kind: str
    location: Location | None
    built_at: Location | None = None
