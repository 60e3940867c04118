"""One recent call of each model that was called from outside of any module."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import nn

from rnnscope.findings import Location
from rnnscope.probing.copying import map_tensors, tensors_in
from rnnscope.probing.evidence import Batches
from rnnscope.subjects.proofs import Batch
from rnnscope.tracing.factors import Meaning
from rnnscope.tracing.labels import Label
from rnnscope.tracing.places import here
from rnnscope.tracing.table import LabelTable

_RECURRENT = (nn.RNNBase, nn.RNNCellBase)
_MOST_MODELS = 16


@dataclass(frozen=True, slots=True)
class ModelCall:
    """The arguments of one call, detached, and what is known of its batch."""

    model: nn.Module
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    location: Location | None
    batch: Batch | None
    axes: tuple[int | None, ...]  # of each tensor, the axis of the samples, where it is known
    training: bool
    evaluated: bool = False  # the program calls the model without training it, too

    @property
    def tensors(self) -> list[torch.Tensor]:
        return list(tensors_in((self.args, dict(self.kwargs))))


class _Depth(threading.local):
    modules = 0


class ModelCalls:
    """Keeps, for each outermost model with a recurrent layer inside, the latest telling call."""

    def __init__(self, batches: Batches, labels: LabelTable) -> None:
        self.batches = batches
        self.labels = labels
        self.depth = _Depth()
        self._calls: dict[int, ModelCall] = {}
        self._evaluated: set[int] = set()
        self._recurrent: WeakKeyDictionary[nn.Module, bool] = WeakKeyDictionary()

    def __iter__(self) -> Iterator[ModelCall]:
        for key, call in tuple(self._calls.items()):
            yield replace(call, evaluated=key in self._evaluated)

    def entered(self, module: nn.Module) -> None:
        """A module begins to run in this thread."""
        self.depth.modules += 1

    def left(
        self, module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Batch | None:
        """It has ended; the outermost one may be worth keeping. Returns the batch it ran on."""
        self.depth.modules = max(0, self.depth.modules - 1)
        if self.depth.modules or not self._has_recurrence(module):
            return None
        return self._keep(module, args, kwargs)

    def _has_recurrence(self, module: nn.Module) -> bool:
        known = self._recurrent.get(module)
        if known is None:
            known = any(isinstance(part, _RECURRENT) for part in _all_modules(module))
            self._recurrent[module] = known
        return known

    def _keep(
        self, module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Batch | None:
        module = _unwrapped(module)
        before = self._calls.get(id(module))
        if not (module.training and torch.is_grad_enabled()):
            self._evaluated.add(id(module))
        tensors = list(tensors_in((args, dict(kwargs))))
        batch, axes = self._samples(tensors)
        if before is not None and (
            (before.training and not module.training) or (before.batch and not batch)
        ):
            return batch
        if before is None and len(self._calls) >= _MOST_MODELS:
            return batch
        args, kwargs = map_tensors((args, dict(kwargs)), torch.Tensor.detach)
        place = here(4)
        self._calls[id(module)] = ModelCall(
            module, args, kwargs, place, batch, axes, module.training
        )
        return batch

    def _samples(self, tensors: list[torch.Tensor]) -> tuple[Batch | None, tuple[int | None, ...]]:
        """The samples of a call: as the axes of its tensors were followed, or by their number."""
        labels = [self.labels.get(tensor) for tensor in tensors]
        told = [_samples_by_label(label) for label in labels]
        known = next((found for found in told if found is not None), None)
        if known is None and any(_is_folded(label) for label in labels):
            return None, (None,) * len(tensors)  # an axis as long as the batch is another one
        if known is None:
            batch = self.batches.fitting(tensors)
            count = batch.size if batch else 0
        else:
            batch, count = known[1], known[1].size
        axes = tuple(
            found[0] if found is not None and found[1].size == count else _axis_of(tensor, count)
            for tensor, found in zip(tensors, told, strict=True)
        )
        return batch, axes


def _unwrapped(module: nn.Module) -> nn.Module:
    """The model inside of a wrapper for several devices or processes, or of a compiled one."""
    if isinstance(module, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
        inner = module.module
    else:
        inner = getattr(module, "_orig_mod", module)
    return inner if isinstance(inner, nn.Module) else module


def _samples_by_label(label: Label | None) -> tuple[int, Batch] | None:
    """(axis, batch) where the program itself says which axis holds independent samples."""
    for axis, factors in enumerate(label.axes if label is not None else ()):
        if len(factors) != 1 or factors[0].size < 2:
            continue
        evidence = factors[0].variable.evidence(Meaning.SAMPLES)
        if evidence is not None:
            shuffled = "shuffl" in evidence.because or "randperm" in evidence.because
            batch = Batch(factors[0].size, shuffled, evidence.location, evidence.because)
            return axis, batch
    return None


def _is_folded(label: Label | None) -> bool:
    """True when the samples share an axis with something else: chunks, channels, steps."""
    axes = label.axes if label is not None else ()
    return any(len(a) > 1 and any(f.means(Meaning.SAMPLES) for f in a) for a in axes)


def _axis_of(tensor: torch.Tensor, count: int) -> int | None:
    found = [axis for axis, size in enumerate(tensor.shape) if size == count]
    return found[0] if len(found) == 1 else None


def _all_modules(module: nn.Module) -> Iterator[nn.Module]:
    """The module's own modules, and those that it holds in plain lists, unregistered."""
    for part in module.modules():
        yield part
        for value in vars(part).values():
            if isinstance(value, (list, tuple)):
                yield from (item for item in value if isinstance(item, nn.Module))
