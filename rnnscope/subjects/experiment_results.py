"""What was proved about a running program: by its gradients, its states, or a copy of its model.

Each is a subject for rules, and holds no tensor: lines, sizes, and by how much something moved.
"""

from __future__ import annotations

from dataclasses import dataclass

from rnnscope.findings import Location


@dataclass(frozen=True, slots=True)
class Batch:
    """Why the rows of a batch are known to be independent: where and how they were drawn."""

    size: int
    shuffled: bool
    location: Location | None
    reason: str


@dataclass(frozen=True, slots=True)
class Leak:
    """Changing sample ``sample`` of a model's input moved the output of ``other`` by ``moved``.

    ``location`` is the first operation after which the samples are no longer apart;
    ``recurrent`` tells that it is a recurrent layer or a loop over steps, built at ``built_at``;
    ``regroups`` that it only regroups elements. ``moved_at`` is where the samples came onto the
    axis that is stepped along. Of a recurrent layer ``kind`` is its class, ``given`` the shape of
    its input, and ``axis`` the one that it steps along.
    """

    operation: str
    sample: int
    other: int
    moved: float
    location: Location | None
    shape: tuple[int, ...] = ()
    recurrent: bool = False
    regroups: bool = False
    batch: Batch | None = None
    built_at: Location | None = None
    moved_at: Location | None = None
    kind: str | None = None
    given: tuple[int, ...] = ()
    axis: int | None = None

    @property
    def proof(self) -> str:
        """What was changed, and what moved."""
        of = f" of the {self.batch.size}" if self.batch is not None else ""
        return f"changing sample {self.sample}{of} moved sample {self.other}'s output by " + (
            f"{self.moved:.2g}"
        )


@dataclass(frozen=True, slots=True)
class Disorder:
    """The rows of a result are not in the order of the samples that went in.

    Row ``row`` of the result belongs to sample ``sample``. ``ordered_at`` is the operation that
    ordered the samples anew; ``restored_at`` the one that put another tensor back, where one did.
    """

    row: int
    sample: int
    location: Location | None
    ordered_at: Location | None = None
    restored_at: Location | None = None


@dataclass(frozen=True, slots=True)
class PaddingRead:
    """A sequence has another result when it is padded further: its output moved by ``moved``."""

    operation: str
    length: int
    padded: tuple[int, int]
    moved: float
    location: Location | None
    recurrent: bool = False
    called_at: Location | None = None


@dataclass(frozen=True, slots=True)
class RandomState:
    """A recurrence started from numbers drawn by ``kind``; with others its result is another.

    ``evaluated`` tells that the program calls the model so for evaluation; ``steps`` in how many
    training steps it drew them anew, as large as the states themselves, and never did without.
    """

    kind: str
    moved: float
    location: Location | None
    called_at: Location | None = None
    evaluated: bool = True
    steps: int = 0


@dataclass(frozen=True, slots=True)
class CarriedState:
    """A recurrent layer started from the states that it left before, and a reset has no effect.

    ``times`` of ``calls`` did; ``reset_at`` is a line that sets an attribute of the model,
    ``reset``, which nothing reads, or that calls a method, ``"reset()"``, and drops the states
    it returns, while the model keeps its states in ``kept``.
    """

    kind: str
    times: int
    calls: int
    location: Location | None
    kept: str
    reset: str
    reset_at: Location


@dataclass(frozen=True, slots=True)
class TargetSeen:
    """Every step's target is an input that the layer has already read when it answers.

    ``shift`` is 0 where the target of a step is that step's own input, and 1 where it is the next
    one, which the backward half of a bidirectional layer has read before.
    """

    kind: str
    shift: int
    function: str
    shape: tuple[int, ...]
    location: Location | None
    called_at: Location | None = None
    built_at: Location | None = None


@dataclass(frozen=True, slots=True)
class Foresight:
    """The targets are the next inputs, and an answer moves with inputs that come after it.

    Changing the input from step ``start`` on moved the answer of step ``step`` by ``moved``.
    ``location`` is the first operation that carries later steps to earlier ones.
    """

    start: int
    step: int
    moved: float
    location: Location | None
    operation: str
    compared_at: Location | None


@dataclass(frozen=True, slots=True)
class Scatter:
    """``nn.DataParallel`` would cut an argument along an axis that is not the batch.

    ``what`` is the argument, ``axis`` what its axis ``dim`` is, ``batch_axis`` where the batch is.
    """

    what: str
    axis: str
    dim: int
    batch_axis: int
    shape: tuple[int, ...]
    kind: str
    location: Location | None
    called_at: Location | None = None


@dataclass(frozen=True, slots=True)
class UntrainedLayer:
    """A recurrent layer whose weights got gradients while no optimizer that stepped has them."""

    kind: str
    steps: int
    built_in_forward: bool
    location: Location | None
    called_at: Location | None = None


@dataclass(frozen=True, slots=True)
class StuckState:
    """A state that a loop over steps did not carry on as it carries on the rest.

    ``sign`` is "cell" (the very same c every time, while h goes on), "zeroed" (zeros for c every
    time, while h goes on), "state" (the very same state every time, though each input is made of
    the result before) or "mask" (rows of one of h and c are set to zero, those of the other go
    on). ``times`` is the number of such calls; the state is given at ``location`` to the model that
    hands it to the layer at ``called_at``.
    """

    kind: str
    sign: str
    times: int
    location: Location | None
    called_at: Location | None = None


@dataclass(frozen=True, slots=True)
class BorrowedState:
    """A cell was only ever given the state that another cell had just returned, and its input too.

    No recurrent layer ever read what it returned itself; ``times`` is the number of its calls.
    """

    kind: str
    times: int
    location: Location | None
    built_at: Location | None = None


@dataclass(frozen=True, slots=True)
class CutOff:
    """A recurrent layer that an optimizer has got no gradient in any of ``steps`` steps.

    Its results were used behind ``operation``, at ``location``, which let no gradient through.
    """

    kind: str
    operation: str
    steps: int
    location: Location | None
    called_at: Location | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A recurrent layer of one model gets gradients, and the optimizer has another model only.

    ``steps`` is how often the optimizer has stepped; ``location`` where it was built.
    """

    kind: str
    steps: int
    location: Location | None
    built_at: Location | None = None


@dataclass(frozen=True, slots=True)
class PaddingCounted:
    """Class targets behind the ends of their sequences, which the loss does not ignore.

    ``count`` of ``size`` targets are padding of this ``value``.
    """

    function: str
    value: int
    count: int
    size: int
    location: Location | None
    padded_at: Location | None = None
