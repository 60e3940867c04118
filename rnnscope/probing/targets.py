"""Are the targets inputs that the layer has read before it answers?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from rnnscope.findings import Location
from rnnscope.recording.nest import tensors_in
from rnnscope.recording.user_code import here
from rnnscope.subjects.experiment_results import PaddingCounted, TargetSeen
from rnnscope.tracing.factors import Meaning, Padding, holds
from rnnscope.tracing.labels import Label, Part
from rnnscope.tracing.table import LabelTable

LOSSES = ("cross_entropy", "nll_loss", "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")
_MOST_LOOKS = 3  # losses at one line; they are all alike
_LARGEST = 1 << 22  # elements of a target that are compared by value
_SHORTEST = 3  # steps: with fewer, targets may equal inputs by chance


@dataclass(frozen=True, slots=True)
class Ahead:
    """A model whose targets are its next inputs: which argument, along which axis."""

    number: int
    axis: int
    compared_at: Location | None


class Targets:
    """Compares the targets of a loss with what the model was just called with."""

    def __init__(self, labels: LabelTable) -> None:
        self.labels = labels
        self.seen: list[TargetSeen] = []
        self.padded: list[PaddingCounted] = []
        self.ahead: dict[int, Ahead] = {}  # by the id of the model
        self._model = 0
        self._inputs: list[tuple[int, torch.Tensor]] = []
        self._looks: dict[Any, int] = {}

    def model_returned(
        self, model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> None:
        """The outermost model has run on these arguments."""
        self._model = id(model)
        self._inputs = [
            (number, tensor.detach())
            for number, tensor in enumerate(tensors_in((args, dict(kwargs))))
            if tensor.dim() > 1
        ]

    def compared(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        """A loss is given scores and targets."""
        place = here(3)
        looks = self._looks[place] = self._looks.get(place, 0) + 1
        scores: Any = args[0] if args else kwargs.get("input")
        target: Any = args[1] if len(args) > 1 else kwargs.get("target")
        if looks > _MOST_LOOKS or not _are_tensors(scores, target) or target.numel() > _LARGEST:
            return
        if place not in [found.location for found in self.padded]:
            self._look_for_padding(scores, target, kwargs, args[2:], place)
        label = self.labels.get(scores)
        if label is None:
            return
        for number, given in self._inputs:
            if not _comparable(given, target):
                continue
            flat = target.reshape(-1)
            following = next((axis for axis in (0, 1) if _is_next(given, flat, axis)), None)
            self._look_ahead(number, given, flat, following, label, place)
            part = _reading(label) if following is not None else None
            if part is not None:
                record = part.record
                found = TargetSeen(
                    record.config.kind,
                    1,
                    "the loss",
                    tuple(given.shape),
                    place,
                    record.location,
                    record.built_at,
                )
                if found not in self.seen:
                    self.seen.append(found)

    def _look_ahead(
        self,
        number: int,
        given: torch.Tensor,
        target: torch.Tensor,
        following: int | None,
        scores: Label,
        place: Location | None,
    ) -> None:
        """Are the targets of a layer that reads forward the next input, or the step to it?"""
        changes = (axis for axis in (0, 1) if _is_change(given, target, axis))
        axis = following if following is not None else next(changes, None)
        if axis is not None and _by_steps(scores):
            self.ahead.setdefault(self._model, Ahead(number, axis, place))

    def _look_for_padding(
        self,
        scores: torch.Tensor,
        target: torch.Tensor,
        kwargs: Mapping[str, Any],
        rest: tuple[Any, ...],
        place: Any,
    ) -> None:
        """Class targets out of pad_sequence, all of them counted."""
        options = dict(zip(("weight", "size_average", "ignore_index"), rest, strict=False))
        options |= dict(kwargs)
        averaged = options.get("reduction", "mean") in ("mean", "sum") and len(rest) < 4
        label = self.labels.get(target)
        if label is None or target.dtype is not torch.int64 or not scores.is_floating_point():
            return
        known = _padding_of(label)
        if known is None or not averaged or options.get("weight") is not None:
            return
        filled, window, padded_at = known
        if filled.value == options.get("ignore_index", -100):
            return
        count, longest = int((target == filled.value).sum()), max(filled.lengths)
        least = sum(longest - n for n in filled.lengths) - len(filled.lengths) * window
        if count >= max(least, 1):
            value, size = int(filled.value), target.numel()
            found = PaddingCounted("cross entropy", value, count, size, place, padded_at)
            self.padded.append(found)


def _padding_of(label: Label) -> tuple[Padding, bool, Any] | None:
    """What pad_sequence has filled up in a tensor, and whether some steps were cut off since."""
    for axis in label.axes:
        for factor in axis:
            known = factor.variable.evidence(Meaning.PADDED)
            if known is not None and isinstance(known.source, Padding):
                return known.source, factor.window, known.location
    return None


def _are_tensors(*values: Any) -> bool:
    return all(isinstance(value, torch.Tensor) for value in values)


def _comparable(given: torch.Tensor, target: torch.Tensor) -> bool:
    return given.dtype == target.dtype and given.device == target.device and given.dim() <= 3


def _is_change(given: torch.Tensor, target: torch.Tensor, axis: int) -> bool:
    """True when the targets are the differences of neighbouring inputs, in some unit."""
    steps = given.shape[axis]
    if steps < _SHORTEST or not given.is_floating_point():
        return False
    change = (given.narrow(axis, 1, steps - 1) - given.narrow(axis, 0, steps - 1)).reshape(-1)
    if change.shape != target.shape:
        return False
    most = change.abs().argmax()
    if change[most] == 0:
        return False
    unit = target[most] / change[most]
    return bool(unit != 0) and torch.allclose(target, unit * change, rtol=1e-3, atol=1e-5)


def _step_by_step(scores: Label) -> Iterator[Part]:
    """The recurrent outputs that the scores are made of, an answer for every step."""
    for part in scores.parts:
        time = part.record.time
        whole = part.result == "output" and part.step is None
        if whole and time and holds(scores.axes, time[0].variable):
            yield part


def _reads_both_ways(part: Part) -> bool:
    return part.record.config.bidirectional and part.direction is None


def _by_steps(scores: Label) -> bool:
    """Whether scores hold an answer for every step of a layer that reads forward only."""
    parts = _step_by_step(scores)
    return any(len(part.record.time) == 1 and not _reads_both_ways(part) for part in parts)


def _is_next(given: torch.Tensor, target: torch.Tensor, axis: int) -> bool:
    """True when the target of each step is the input of the step after, along this axis."""
    steps = given.shape[axis]
    if steps < _SHORTEST:
        return False
    following = given.narrow(axis, 1, steps - 1)
    if bool((following == following.reshape(-1)[0]).all()):
        return False
    if target.numel() == given.numel():
        target = target.reshape(given.shape).narrow(axis, 0, steps - 1)
    return torch.equal(following.reshape(-1), target.reshape(-1))


def _reading(scores: Label) -> Part | None:
    """The recurrent output, step by step, that the scores are made of and that gives it away."""
    return next((part for part in _step_by_step(scores) if _reads_both_ways(part)), None)
