"""What a rule looks at: a construction, a call, or a failure.

A planned call (sizes typed on a command line), a live call (a module about to run) and an error
message read back into a partial call are the same subject: what is not known is None, and a rule
stays silent about it. Nothing here holds a tensor: sketches only, so that subjects can be kept,
compared and made without torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from rnnscope.config import RNNConfig
from rnnscope.findings import Location


@dataclass(frozen=True, slots=True)
class Sketch:
    """What is known of one argument: its Python type and, for a tensor, shape, dtype and device.

    ``type`` is "Tensor", "PackedSequence", "tuple", "list", "NoneType", … ; the items of a tuple
    or list are sketches themselves. For a PackedSequence ``shape`` is that of its data, and
    ``lengths`` are the true lengths in the user's order.
    """

    type: str = "Tensor"
    shape: tuple[int, ...] | None = None
    dtype: str | None = None
    device: str | None = None
    items: tuple[Sketch, ...] = ()
    lengths: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Construction:
    """``nn.<kind>(*args, **kwargs)`` as it was written.

    ``config`` is None when torch refuses it.
    """

    kind: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = MappingProxyType({})
    config: RNNConfig | None = None
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class LayerCall:
    """One call of a layer: ``layer(input, hx)``, before torch runs it.

    ``hx`` is None when it is not known whether states were given, and a Sketch of type "NoneType"
    when they were left to torch. ``live`` is True when real tensors are on their way.
    """

    config: RNNConfig
    input: Sketch | None = None
    hx: Sketch | None = None
    extra: tuple[Sketch, ...] = ()
    training: bool | None = None
    location: Location | None = None
    built_at: Location | None = None
    live: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """An exception or warning of torch, as text, with whatever is known of where it came from."""

    text: str
    exception: str | None = None
    call: LayerCall | None = None
    location: Location | None = None
    source: str | None = None  # the user's own line of code, when a traceback shows it
