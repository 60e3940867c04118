"""What experiments on a recorded step have shown: subjects for rules, without a tensor."""

from __future__ import annotations

from dataclasses import dataclass

from rnnscope.findings import Location


@dataclass(frozen=True, slots=True)
class OthersTarget:
    """A sample's prediction is compared with another sample's target.

    ``kind`` is "pairs" where every prediction meets every target, "weights" where every loss meets
    every weight, "order" where samples and steps are listed in two orders, "packed" where one list
    is of packed data, step by step, and else "others". ``made_at`` is where the predictions got
    their shape, ``moved_at`` where their samples came onto another axis.
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
class ClassAxis:
    """A loss takes axis 1 of its scores for the classes, and the units that made them are along
    ``axis``, which is as long.
    """

    loss: str
    scores: tuple[int, ...]
    axis: int
    location: Location | None
    made_at: Location | None = None


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
class StateCarried:
    """A layer begins where it ended in the step before, though its new data do not go on there.

    ``reason`` is how that is known: "shuffled" (the DataLoader at ``loaded_at`` draws in random
    order), "again" (the same data were read into this state before), "rows" (rows of the same data
    that follow others each), "order" (an index puts the rows of the data in another order than in
    the step before, and those of the state in none), "averaged" (its rows were mixed at this
    location) or "backward" (the half that reads backwards begins at the end). ``handed`` tells that
    the program's own loop passes the states on, and no model keeps them; ``evaluated`` that it is
    evaluated so, too, or not at all.
    """

    kind: str
    reason: str
    location: Location | None
    built_at: Location | None = None
    loaded_at: Location | None = None
    handed: bool = False
    evaluated: bool = True


@dataclass(frozen=True, slots=True)
class StateDropped:
    """A layer begins from zeros, while a state of just its form is there, which nobody reads.

    ``function`` made it at ``made_at``: of weights that work for nothing else, or, where it is
    ``carried``, of what the layer left in the step before.
    """

    kind: str
    function: str
    location: Location | None
    made_at: Location | None = None
    carried: bool = False


@dataclass(frozen=True, slots=True)
class StatesCrossed:
    """An LSTM begins from c_n of an earlier call as h_0, and from h_n of that call as c_0."""

    kind: str
    location: Location | None
    left_at: Location | None = None


@dataclass(frozen=True, slots=True)
class StateCut:
    """A loop over steps takes the gradient away from its state in every one of ``steps`` calls.

    ``function`` does so at ``location``; the loss learns from the last call alone.
    """

    kind: str
    function: str
    steps: int
    location: Location | None
    called_at: Location | None = None
    built_at: Location | None = None


@dataclass(frozen=True, slots=True)
class RowsLeft:
    """What a loop has chosen is put in another order of rows at ``location``, its state is not.

    ``row`` goes on with what ``origin`` had read, and from its own state.
    """

    kind: str
    row: int
    origin: int
    location: Location | None
    given_at: Location | None = None


@dataclass(frozen=True, slots=True)
class StreamCut:
    """A stream became a table of ``rows`` columns at ``location``, line by line.

    A layer steps down the columns at ``called_at``.
    """

    kind: str
    rows: int
    location: Location | None
    called_at: Location | None = None


@dataclass(frozen=True, slots=True)
class RowsLearnt:
    """A learnt initial state has a row for each place in the batch, and the batches are shuffled.

    ``shape`` is that of the parameter, ``rows`` the number of places.
    """

    kind: str
    shape: tuple[int, ...]
    rows: int
    location: Location | None
    loaded_at: Location | None = None


@dataclass(frozen=True, slots=True)
class LengthsDiffer:
    """The lengths that a call is given are not those of the sequences that they are given with.

    ``kind`` is "order" (those of other rows), "short" (all one short, and nothing reads the last
    steps), "longer" (padding is counted, too), "features" (as many as features) or "counted" (the
    steps were counted, but not all, as where some hold a 0). ``how`` says in what form they came:
    "packed", "index", "mask" or "number". ``given`` has one length for each row of the data,
    ``real`` one for each sequence where it was padded.
    """

    kind: str
    how: str
    given: tuple[int, ...]
    real: tuple[int, ...]
    location: Location | None
    padded_at: Location | None = None


@dataclass(frozen=True, slots=True)
class IndexIsLength:
    """Each sequence was read at the index of its length: one step after its last one."""

    location: Location | None
    read_at: Location | None
    lengths: tuple[int, ...]
    steps: int


@dataclass(frozen=True, slots=True)
class PaddingFirst:
    """Sequences that begin with padding were read as if they ended with it.

    ``how`` is "packed", or "index" for a step picked by the lengths.
    """

    location: Location | None
    how: str
    lengths: tuple[int, ...]
    steps: int
    padded_at: Location | None = None


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


@dataclass(frozen=True, slots=True)
class StateAxes:
    """An initial state was made batch first: each sample has a slot of (D*num_layers, N, H_out).

    ``location`` is what gave it its axes.
    """

    kind: str
    shape: tuple[int, ...]
    location: Location | None
    called_at: Location | None
    built_at: Location | None = None


@dataclass(frozen=True, slots=True)
class AxisTorn:
    """A regrouping gave sizes as if axes had changed places, and the elements stayed in order.

    Slices that had indices of their own share some along every axis of what came ``after``;
    ``reader`` at ``read_at`` is the first call that computes with them.
    """

    function: str
    before: tuple[int, ...]
    after: tuple[int, ...]
    location: Location | None
    reader: str
    read_at: Location | None


@dataclass(frozen=True, slots=True)
class ResultConstant:
    """All that ``function`` gave is ``value``, since it compares along an axis with one element.

    ``shape`` is that of what it was given, ``axis`` the one with one element: with two the result
    would be another one, and with other values of the one it never is.
    """

    function: str
    shape: tuple[int, ...]
    axis: int
    value: float
    location: Location | None


@dataclass(frozen=True, slots=True)
class SharesElsewhere:
    """Shares of a whole, which ``function`` made along one axis, are used along another one.

    They, or the exponents of them, add up to 1 along ``axis`` of ``shape``. ``use`` is "classes",
    where ``reader`` takes one share for each target along ``other``, or "steps", where they weigh
    values that are summed along ``other``. ``read_at`` is where that happens.
    """

    use: str
    function: str
    shape: tuple[int, ...]
    axis: int
    other: int
    reader: str
    location: Location | None
    read_at: Location | None = None


@dataclass(frozen=True, slots=True)
class AxisSplit:
    """A view takes apart what a bidirectional layer joined, in the reverse order.

    ``outer`` is what comes first in memory: "layers", then directions, or "directions", then units.
    ``sizes`` are theirs, in the order of memory.
    """

    kind: str
    outer: str
    sizes: tuple[int, int]
    before: tuple[int, ...]
    after: tuple[int, ...]
    location: Location | None
    called_at: Location | None = None


@dataclass(frozen=True, slots=True)
class FeaturesStepped:
    """A recurrent layer steps along ``axis`` of its input, and features lie there.

    ``made_by`` is the function that made them at ``made_at``, empty for axes of the data that were
    joined. ``location`` is where they came onto this axis.
    """

    kind: str
    made_by: str
    shape: tuple[int, ...]
    axis: int
    location: Location | None
    made_at: Location | None
    called_at: Location | None
    built_at: Location | None = None


@dataclass(frozen=True, slots=True)
class RowsStepped:
    """A layer reads ``rows`` rows that go on from call to call as the steps of one sequence.

    ``shape`` is that of the input of each call.
    """

    kind: str
    shape: tuple[int, ...]
    rows: int
    location: Location | None
    built_at: Location | None = None


@dataclass(frozen=True, slots=True)
class StateNames:
    """How the states of an LSTM were named where they were unpacked."""

    location: Location | None
    first: str
    second: str
    kind: str
