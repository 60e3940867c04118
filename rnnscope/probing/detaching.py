"""Recurrent layers that an optimizer has, and that no gradient ever reaches: cut off on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import nn

from rnnscope.findings import Location
from rnnscope.probing.gradients import is_fresh
from rnnscope.probing.records import Records
from rnnscope.recording.user_code import here
from rnnscope.subjects.proofs import CutOff
from rnnscope.tracing.events import Usage
from rnnscope.tracing.labels import CallRecord
from rnnscope.tracing.tracer import Tracer

_FEWEST_STEPS = 3  # without a gradient: one or two may be left out on purpose
_CUTS = ("detach", "detach_", "data")


@dataclass(slots=True)
class _Layer:
    """What is known of one recurrent layer that ran in training, with gradients enabled."""

    location: Location | None
    fresh: bool  # its weights are as its constructor drew them: it is not frozen on purpose
    ran: bool = False  # since its optimizer stepped last
    heard: bool = False  # it had a gradient once: nothing to look for any more
    steps: int = 0  # of its optimizer, in which others had gradients
    cut: tuple[str, Location | None] | None = None
    record: CallRecord | None = None  # the call whose results were cut off
    used: bool = False  # those results reached a layer, a loss or another's state


class Cuts:
    """Watches layers until a gradient reaches them; most are heard of in the first step."""

    def __init__(self, tracer: Tracer) -> None:
        self.tracer = tracer
        self._layers: Records[_Layer] = Records()

    @property
    def hearers(self) -> dict[str, Callable[[tuple[Any, ...], Mapping[str, Any]], None]]:
        """Who hears of what cuts a tensor off its graph, by the name of the function."""
        return {name: partial(self._cut, name) for name in _CUTS}

    def called(self, module: nn.Module) -> None:
        """A recurrent layer is about to run."""
        if not (module.training and torch.is_grad_enabled()):
            return
        layer = self._layers.get(module)
        if layer is None:
            layer = self._layers.add(module, _Layer(here(3), is_fresh(module)))
        layer.ran = True

    def _cut(self, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        """A tensor goes on without its graph."""
        given = next((arg for arg in args if isinstance(arg, torch.Tensor)), None)
        label = self.tracer.table.get(given) if given is not None else None
        if label is None or not label.parts:
            return
        calls = {part.record.layer: part.record for part in label.parts}
        for module, layer in self._layers.living():
            if id(module) in calls and not (layer.heard or layer.used):
                layer.cut = layer.cut or (name, here(1))
                layer.record = calls[id(module)]

    def used(self, record: CallRecord, usage: Usage) -> None:
        """The results of a call reached a layer, a loss or another's state."""
        for _, layer in self._layers.all():
            if layer.record is record:
                layer.used, layer.record = True, None

    def stepping(self, optimizer: torch.optim.Optimizer) -> None:
        """An optimizer is about to step: which of the layers that ran for it have no gradient?"""
        waiting = [(m, x) for m, x in self._layers.living() if x.ran and not x.heard]
        if not waiting:
            return
        given = [p for group in optimizer.param_groups for p in group["params"]]
        held = {id(parameter) for parameter in given}
        learns = any(parameter.grad is not None for parameter in given)
        for module, layer in waiting:
            own = list(module.parameters())
            layer.heard = any(parameter.grad is not None for parameter in own)
            if own and all(id(p) in held and p.requires_grad for p in own):
                layer.steps += learns
                layer.ran = False

    def found(self) -> Iterator[CutOff]:
        """Every layer that its optimizer has, without a gradient in any step, and where it is cut.

        Nothing is said of weights that were loaded or set by hand: they may be left on purpose.
        """
        for layer_of, layer in self._layers.all():
            silent = layer.fresh and layer.steps >= _FEWEST_STEPS and not layer.heard
            if silent and layer.used and layer.cut is not None:
                operation, place = layer.cut
                yield CutOff(
                    layer_of.kind,
                    operation,
                    layer.steps,
                    place or layer.location,
                    layer.location,
                )
