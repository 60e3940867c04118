"""Which recurrent layers get gradients and never a step, though the program trains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary, ref

import torch
from torch import nn

from rnnscope.findings import Location
from rnnscope.probing.records import Records
from rnnscope.recording.user_code import here
from rnnscope.subjects.experiment_results import LeftOut, UntrainedLayer

# Layers that are followed: a program that builds more builds them anew each step.
_MOST_LAYERS = 256
_FEWEST_STEPS = 3  # steps of training: one or two may be left out on purpose


@dataclass(slots=True)
class _Layer:
    """What is known of one recurrent layer that ran."""

    location: Location | None
    registered: bool
    loud: bool = False  # some weight had a gradient
    steps: int = 0
    stepped: bool = False
    ran: bool = False  # since an optimizer stepped last
    fresh: bool = False  # its weights are as its constructor drew them


@dataclass(slots=True)
class _Rebuilt:
    """A line that builds a recurrent layer again and again, each of which lives for one call."""

    kind: str
    called_at: Location | None
    last: ref[nn.Module] | None = None
    times: int = 0


class Gradients:
    """The weights of every recurrent layer that runs, watched at every step of an optimizer."""

    def __init__(self, built_at: Mapping[nn.Module, Location]) -> None:
        self.built_at = built_at
        self._layers: Records[_Layer] = Records()
        self._steps = 0
        self._rebuilt: dict[Location, _Rebuilt] = {}
        self._optimizers: WeakKeyDictionary[torch.optim.Optimizer, Location] = WeakKeyDictionary()
        self._stepped_last: Location | None = None

    def built(self, optimizer: torch.optim.Optimizer, place: Location | None) -> None:
        """An optimizer was built at this line."""
        if place is not None:
            self._optimizers[optimizer] = place

    def called(self, module: nn.Module, outer: nn.Module, called_at: Location | None) -> None:
        """A recurrent layer has run inside of ``outer``, which was called at this line."""
        layer = self._layers.get(module)
        if layer is None:
            if len(self._layers) >= _MOST_LAYERS:
                return
            registered = any(part is module for part in outer.modules())
            if not registered:
                self._count_rebuilt(module, called_at)
            layer = self._layers.add(module, _Layer(here(1), registered, fresh=is_fresh(module)))
        layer.ran = True

    def _count_rebuilt(self, module: nn.Module, called_at: Location | None) -> None:
        """A layer whose forerunner, built at the same line, is gone: built anew each time."""
        place = self.built_at.get(module)
        if place is None or not torch.is_grad_enabled():
            return
        known = self._rebuilt.setdefault(place, _Rebuilt(type(module).__name__, called_at))
        known.times += known.last is not None and known.last() is None
        known.last = ref(module)

    def stepping(self, optimizer: torch.optim.Optimizer) -> None:
        """An optimizer is about to step: the gradients are those of the user's own backward."""
        self._steps += 1
        held = {id(p) for group in optimizer.param_groups for p in group["params"]}
        kinds = {type(p) for group in optimizer.param_groups for p in group["params"]}
        self._stepped_last = self._optimizers.get(optimizer) if nn.Parameter in kinds else None
        for module, layer in self._layers.living():
            parameters = list(module.parameters())
            layer.stepped |= any(id(p) in held for p in parameters)
            layer.loud = layer.loud or any(map(_has_gradient, parameters))
            # A gradient that was never cleared is not a new one.
            layer.steps += layer.ran and any(p.grad is not None for p in parameters)
            layer.ran = False

    def left_out(self) -> Iterator[LeftOut]:
        """Layers that their models know, with gradients all along, that no optimizer has.

        Another recurrent layer must learn: under a head alone an encoder may be left as it is.
        """
        if not any(layer.stepped for _, layer in self._layers.all()):
            return
        for layer_of, layer in self._layers.all():
            known = layer.registered and layer.fresh and layer.loud and not layer.stepped
            if known and layer.steps >= _FEWEST_STEPS and self._stepped_last is not None:
                yield LeftOut(
                    layer_of.kind,
                    layer.steps,
                    self._stepped_last,
                    layer_of.built_at or layer.location,
                )

    def untrained(self) -> Iterator[UntrainedLayer]:
        """Layers with gradients that no optimizer has, and that their model does not know."""
        for place, rebuilt in self._rebuilt.items():
            if rebuilt.times > 1 and self._steps:
                yield UntrainedLayer(rebuilt.kind, rebuilt.times, True, place, rebuilt.called_at)
        for layer_of, layer in self._layers.all():
            if layer.loud and not layer.stepped and not layer.registered:
                yield UntrainedLayer(
                    layer_of.kind,
                    layer.steps,
                    False,
                    layer_of.built_at or layer.location,
                    layer.location,
                )


def is_fresh(module: nn.Module) -> bool:
    """True when nothing was written into the weights since they were drawn: not pretrained."""
    return all(
        p.requires_grad and not p.is_inference() and p._version <= 1 for p in module.parameters()
    )


def _has_gradient(parameter: nn.Parameter) -> bool:
    return parameter.grad is not None and bool((parameter.grad != 0).any())
