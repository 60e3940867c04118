"""What a rule looks at: a construction, a call, or a failure.

A planned call (sizes typed on a command line), a live call (a module about to run) and an error
message read back into a partial call are the same subject: what is not known is None, and a rule
stays silent about it. Nothing here holds a tensor: sketches only, so that subjects can be kept,
compared and made without torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from rnnscope.config import RNNConfig
from rnnscope.findings import Location

UNKNOWN = -1  # a size that is not known, inside a shape of which other sizes are


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """What is known of one argument: its Python type and, for a tensor, shape, dtype and device.

    ``type`` is "Tensor", "PackedSequence", "tuple", "list", "NoneType", … ; the items of a tuple
    or list are sketches themselves. For a PackedSequence ``shape`` is that of its data, and
    ``lengths`` are the true lengths in the user's order. A size that an error message does not
    tell is UNKNOWN; ``dimensions`` counts the axes where only their number is known.
    """

    type: str = "Tensor"
    shape: tuple[int, ...] | None = None
    dtype: str | None = None
    device: str | None = None
    items: tuple[TensorSpec, ...] = ()
    lengths: tuple[int, ...] | None = None
    dimensions: int | None = None

    @property
    def ndim(self) -> int | None:
        """How many axes it has, or None."""
        return self.dimensions if self.shape is None else len(self.shape)

    @property
    def is_tensor(self) -> bool:
        """True for a Tensor and for the classes that stand in for one, such as Parameter."""
        return self.type not in _NO_TENSORS


_NO_TENSORS = frozenset(
    ("PackedSequence", "tuple", "list", "dict", "NoneType", "int", "float", "bool", "str")
)


@dataclass(frozen=True, slots=True)
class PartialConfig:
    """What an error message gives away of a layer, under RNNConfig's names; None is not known."""

    kind: str | None = None
    states: tuple[str, ...] = ("h",)
    single_step: bool = False
    input_size: int | None = None
    output_size: int | None = None
    batch_first: bool | None = None
    dtype: str | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Construction:
    """``nn.<kind>(*args, **kwargs)`` as it was written; ``config`` is None if torch refuses it."""

    kind: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=_nothing)
    config: RNNConfig | None = None
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class LayerCall:
    """One call of a layer: ``layer(input, hx)``, before torch runs it.

    ``hx`` is None when it is not known whether states were given, and a TensorSpec of type
    "NoneType" when they were left to torch. ``keywords`` are names that forward does not have.
    ``expected`` holds shapes that torch itself asked for in an error message, by tensor name.
    ``autocast`` is the dtype that autocast computes in, None when it is off.
    ``live`` is True when real tensors are on their way.
    """

    config: RNNConfig | PartialConfig
    input: TensorSpec | None = None
    hx: TensorSpec | None = None
    extra: tuple[TensorSpec, ...] = ()
    training: bool | None = None
    location: Location | None = None
    built_at: Location | None = None
    live: bool = False
    keywords: tuple[str, ...] = ()
    autocast: str | None = None
    expected: Mapping[str, tuple[int, ...]] = field(default_factory=_nothing, hash=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """A call of which a person gave the sizes alone: what they leave open is worth a hint."""

    call: LayerCall
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """An exception or warning of torch, as text, with whatever is known of where it came from.

    ``call`` is the call of a recurrent layer during which it was raised, ``after`` the last one
    that had returned before. ``through`` are the
    library functions that the traceback went through below the user's line, outermost first,
    as ``file.py:function``.
    """

    text: str
    exception: str | None = None
    call: LayerCall | None = None
    location: Location | None = None
    source: str | None = None  # the user's own line of code, when a traceback shows it
    through: tuple[str, ...] = ()
    after: LayerCall | None = None


@dataclass(frozen=True, slots=True)
class RecognisedMessage:
    """A failure whose text was recognised: ``page`` is the code of the page that explains it.

    ``values`` are what varies in the text; ``message`` and ``fix`` are the page's own words, with
    the values in them, and empty where a page leaves its words to a function.
    """

    failure: Failure
    page: str
    values: Mapping[str, str] = field(default_factory=_nothing)
    message: str = ""
    fix: str | None = None

    @property
    def location(self) -> Location | None:
        """The user's line."""
        return self.failure.location
