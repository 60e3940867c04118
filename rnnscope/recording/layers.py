"""The recurrent layer behind a kernel, read off the frames: no hook is set on any module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from types import FrameType
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence

from rnnscope.findings import Location
from rnnscope.frames import place, steps
from rnnscope.recording.nest import tensors_in
from rnnscope.recording.tape import Layer, Place
from rnnscope.recording.user_code import line_of, users_frame

_CALL = nn.Module._call_impl.__code__
LAYERS = (nn.RNNBase, nn.RNNCellBase)


@dataclass(slots=True)
class LayerCall:
    """One call of a recurrent layer, as the user wrote it, and what it gave back so far.

    ``outer`` is the outermost module that is running, with its own arguments; the frames tell
    whether the two are still running, and are let go with this record.
    """

    module: nn.Module
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    place: Place | None
    frame: FrameType
    outer: nn.Module
    outer_args: tuple[Any, ...]
    outer_kwargs: Mapping[str, Any]
    outer_frame: FrameType
    outer_called_at: Location | None
    handed: bool = False
    given_at: Location | None = None
    grad: bool = field(default_factory=torch.is_grad_enabled)
    results: list[torch.Tensor] = field(default_factory=list)

    def follow(self, args: tuple[Any, ...], result: Any) -> None:
        """The layer's own forward reorders or squeezes a result before it returns it."""
        for number, tensor in enumerate(self.results):
            if any(tensor is given for given in args):
                self.results[number] = result

    @property
    def result(self) -> Any:
        """What the layer returns, put together from its tensors."""
        if isinstance(self.module, nn.RNNCellBase):
            return self.results[0] if len(self.results) == 1 else tuple(self.results)
        given = self.args[0] if self.args else self.kwargs.get("input")
        output: Any = self.results[0]
        if isinstance(given, PackedSequence):
            output = given._replace(data=output)
        states = self.results[1:]
        return output, states[0] if len(states) == 1 else tuple(states)


def layer_call(frame: FrameType, at: Place | None) -> LayerCall | None:
    """The call that this frame, the forward of a recurrent layer, is running for."""
    module = frame.f_locals.get("self")
    if not isinstance(module, LAYERS):
        return None
    own = _Run(module, *_arguments(frame), frame)
    runs = [run for run in _running(frame) if isinstance(run.module, nn.Module)]
    own = next((run for run in runs if run.module is module), own)
    outer = runs[-1] if runs else own
    giver = _giver(own, runs)
    called_at, given_at = users_frame(outer.frame), users_frame(giver.frame)
    return LayerCall(
        module,
        tuple(own.args or ()),
        dict(own.kwargs or {}),
        at,
        frame,
        outer.module,
        tuple(outer.args or ()),
        dict(outer.kwargs or {}),
        outer.frame,
        line_of(called_at) if called_at is not None else None,
        giver is outer,
        line_of(given_at) if given_at is not None else None,
    )


def _running(frame: FrameType | None) -> Iterator[_Run]:
    """The modules that are being called, the innermost first."""
    while frame is not None:
        if frame.f_code is _CALL:
            held = frame.f_locals
            yield _Run(held.get("self"), held.get("args"), held.get("kwargs"), frame)
        frame = frame.f_back


def mode_of(frame: FrameType | None) -> bool | None:
    """Whether the innermost module that is being called is in training mode."""
    modules = (run.module for run in _running(frame) if isinstance(run.module, nn.Module))
    return next((module.training for module in modules), None)


def _giver(own: _Run, runs: Sequence[_Run]) -> _Run:
    """The outermost of the modules around a layer that were called with its initial states."""
    states = {id(t) for t in tensors_in([*(own.args or ())[1:], *(own.kwargs or {}).values()])}
    for run in runs[runs.index(own) + 1 :] if own in runs else runs:
        given = tensors_in([*(run.args or ()), *(run.kwargs or {}).values()])
        if not states.issubset(map(id, given)):
            break
        own = run
    return own


def failed_call(exception: BaseException) -> LayerCall | None:
    """The call of a recurrent layer that an exception came out of, read off its traceback."""
    entries = list(steps(exception.__traceback__))
    users: Place | None = None
    found: tuple[FrameType, Any, Any, Any, Place | None] | None = None
    for entry in entries:
        frame = entry.tb_frame
        if users_frame(frame) is frame:
            line = place(frame.f_code.co_filename, entry.tb_lineno)
            users = Place(line, frame.f_code, entry.tb_lasti)
        elif frame.f_code is _CALL and isinstance(frame.f_locals.get("self"), LAYERS):
            held = frame.f_locals
            found = (frame, held["self"], held.get("args"), held.get("kwargs"), users)
    if found is None:
        return None
    frame, module, args, kwargs, users = found
    args, kwargs = tuple(args or ()), dict(kwargs or {})
    return LayerCall(module, args, kwargs, users, frame, module, args, kwargs, frame, None)


class _Run(NamedTuple):
    """A module that is running: what ``Module.__call__`` was given, and its frame."""

    module: Any
    args: Any
    kwargs: Any
    frame: FrameType


def _arguments(frame: FrameType) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What ``forward`` was called with directly."""
    found = frame.f_locals
    given = found.get("orig_input", found.get("input"))
    return (given, found.get("hx")), {}


_numbers: WeakKeyDictionary[nn.Module, int] = WeakKeyDictionary()
_counted = count()


def _number_of(module: nn.Module) -> int:
    """A number that no other module has or had: an id is given again."""
    if module not in _numbers:
        _numbers[module] = next(_counted)
    return _numbers[module]


def described(call: LayerCall, built_at: Location | None) -> Layer:
    """The layer's options, as the tape keeps them: no reference to the module stays."""
    module = call.module
    return Layer(
        type(module).__name__,
        bool(getattr(module, "batch_first", True)),
        module.training,
        bool(getattr(module, "bidirectional", False)),
        int(getattr(module, "num_layers", 1)),
        int(getattr(module, "hidden_size", 0)),
        _number_of(module),
        built_at,
        call.outer_called_at,
        call.handed,
        call.given_at,
    )
