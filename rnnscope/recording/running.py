"""The recurrent layer that a thread is running, and the outermost module around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import nn

from rnnscope.findings import Location
from rnnscope.recording.layers import LayerCall, described, layer_call
from rnnscope.recording.tape import Layer, Place
from rnnscope.recording.user_code import standing_at

Emit = Callable[[str, LayerCall], None]


class Running:
    """Tells of both as soon as they have returned, which the next call's frames show."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._layer: LayerCall | None = None
        self._outer: LayerCall | None = None
        self.returned = 0  # calls of recurrent layers in this step

    def begin(self, frame: FrameType, place: Place | None) -> None:
        """A kernel is about to run for the layer whose forward this frame is."""
        self._layer = layer_call(frame, place)

    @property
    def draws(self) -> bool:
        """True when the layer drops some of what it computes."""
        module = self._layer.module if self._layer is not None else None
        return module is not None and module.training and bool(getattr(module, "dropout", 0.0))

    def end(
        self,
        frame: FrameType | None,
        is_kernel: bool,
        args: tuple[Any, ...],
        result: Any,
        built_at: Mapping[nn.Module, Location] | WeakKeyDictionary[nn.Module, Location],
    ) -> Layer | None:
        """A function has returned in this frame; the layer, where it was its kernel."""
        layer = self._layer
        if layer is None or frame is not layer.frame:
            return None
        if not is_kernel:
            layer.follow(args, result)
            return None
        layer.results = list(result) if isinstance(result, tuple) else [result]
        return described(layer, built_at.get(layer.module))

    def settle(self, frame: FrameType | None) -> bool:
        """Tell of what no longer runs around this frame. True when a layer has returned."""
        call, outer = self._layer, self._outer
        returned = call is not None and not _runs(call.frame, frame)
        if call is not None and returned:
            self._layer = None
            returned = bool(call.results)
            if returned:
                self._tell(call)
                outer = self._outer
        if outer is not None and not _runs(outer.outer_frame, frame):
            self._outer = None
            with standing_at(outer.outer_called_at):
                self._emit("outermost_returned", outer)
        return returned

    def _tell(self, call: LayerCall) -> None:
        place = call.place.location if call.place else None
        with standing_at(place), torch.set_grad_enabled(call.grad):
            self._emit("layer_returned", call)
        self._outer = call
        self.returned += 1


def _runs(frame: FrameType, inside: FrameType | None) -> bool:
    """True while ``frame`` is on the stack below ``inside``."""
    while inside is not None:
        if inside is frame:
            return True
        inside = inside.f_back
    return False
