"""Does the loss read what a layer says, while no gradient ever goes back to its weights?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from weakref import ref

import torch

from rnnscope.recording.tape import Call, Tape, is_learnt
from rnnscope.subjects.experiment_results import CutOff


@dataclass(slots=True)
class _Layer:
    """A layer that was cut off in every step so far, and the optimizer's steps since."""

    fact: CutOff
    weights: tuple[ref[torch.Tensor], ...]
    ran: bool = True  # since its optimizer stepped last
    steps: int = 0
    heard: bool = False  # it had a gradient once


@dataclass(slots=True)
class CutOffs:
    """Watches the layers that are cut off, until a gradient reaches them."""

    _layers: dict[int, _Layer] = field(default_factory=dict)

    def step(self, tape: Tape) -> None:
        """A recorded step is over."""
        if tape.loss is None:
            return
        reached = in_reach(tape, (tape.loss,))
        for call in tape.recurrent:
            if call.layer is None or not call.grad or not call.layer.training:
                continue
            known = self._layers.get(call.layer.name)
            if known is not None:
                known.ran = True
                known.heard |= not reached.isdisjoint(call.results)
                continue
            cut = _cut(tape, call, reached)
            weights = [v for s in call.inputs if (v := tape.values[s]) is not None and is_learnt(v)]
            if cut is not None and weights and all(map(_is_fresh, weights)):
                fact = CutOff(call.layer.kind, cut.name, 0, cut.location, call.location)
                self._layers[call.layer.name] = _Layer(fact, tuple(map(ref, weights)))

    def stepping(self, optimizer: torch.optim.Optimizer) -> None:
        """An optimizer is about to step: does it have the weights of a layer that is cut off?"""
        waiting = [x for x in self._layers.values() if x.ran and not x.heard]
        if not waiting:
            return
        held = [p for group in optimizer.param_groups for p in group["params"]]
        known = set(map(id, held))
        learns = any(p.grad is not None for p in held)
        for layer in waiting:
            weights = [weight for known_one in layer.weights if (weight := known_one()) is not None]
            layer.heard = any(weight.grad is not None for weight in weights)
            if weights and all(id(weight) in known for weight in weights):
                layer.steps += learns
                layer.ran = False

    def end(self) -> Iterator[CutOff]:
        """Layers that an optimizer has, and that none of its steps has ever changed."""
        for layer in self._layers.values():
            if layer.steps and not layer.heard:
                fact = layer.fact
                yield CutOff(fact.kind, fact.operation, layer.steps, fact.location, fact.called_at)


def in_reach(tape: Tape, ends: Iterable[int]) -> frozenset[int]:
    """The slots that gradients of these go back to; of changed memory it is not known."""
    todo = [slot for slot in ends if _carries_gradient(tape, slot)]
    reached = set(todo)
    while todo:
        call = tape.producer.get(todo.pop())
        for slot in call.inputs if call is not None else ():
            if slot not in reached and _carries_gradient(tape, slot):
                reached.add(slot)
                todo.append(slot)
    return frozenset(reached)


def _carries_gradient(tape: Tape, slot: int) -> bool:
    value = tape.values[slot]
    return value is None or value.requires_grad or slot in tape.volatile


def _cut(tape: Tape, call: Call, reached: frozenset[int]) -> Call | None:
    """The call behind which no gradient comes back, on the way to the loss."""
    wanted = tape.used
    if wanted.isdisjoint(call.results) or not reached.isdisjoint(call.results):
        return None
    for later in tape.path(call):
        if wanted.isdisjoint(later.results) or not later.grad or later is call:
            continue
        values = [tape.values[slot] for slot in later.results]
        if any(v is not None and v.is_floating_point() and not v.requires_grad for v in values):
            return later
    return None


def _is_fresh(value: torch.Tensor) -> bool:
    """True for a weight that nothing was written into since it was drawn: not pretrained."""
    return value.requires_grad and value._version <= 1
