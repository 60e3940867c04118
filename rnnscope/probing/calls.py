"""One recent call of each model that was called from outside of any module."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import nn

from rnnscope.findings import Location
from rnnscope.probing.copying import map_tensors, tensors_in
from rnnscope.probing.evidence import Batches
from rnnscope.proofs import Batch
from rnnscope.tracing.places import here

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
    drawn: frozenset[int]  # positions, among the tensors, of those straight out of a DataLoader
    training: bool

    @property
    def tensors(self) -> list[torch.Tensor]:
        return list(tensors_in((self.args, dict(self.kwargs))))


class _Depth(threading.local):
    modules = 0


class ModelCalls:
    """Keeps, for each outermost model with a recurrent layer inside, the latest telling call."""

    def __init__(self, batches: Batches) -> None:
        self.batches = batches
        self.depth = _Depth()
        self._calls: dict[int, ModelCall] = {}
        self._recurrent: WeakKeyDictionary[nn.Module, bool] = WeakKeyDictionary()

    def __iter__(self) -> Iterator[ModelCall]:
        return iter(tuple(self._calls.values()))

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

    def _keep(self, module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Batch | None:
        before = self._calls.get(id(module))
        tensors = list(tensors_in((args, dict(kwargs))))
        batch = self.batches.fitting(tensors)
        if before is not None and (
            (before.training and not module.training) or (before.batch and not batch)
        ):
            return batch
        if before is None and len(self._calls) >= _MOST_MODELS:
            return batch
        drawn = frozenset(n for n, t in enumerate(tensors) if self.batches.is_drawn(t))
        args, kwargs = map_tensors((args, dict(kwargs)), torch.Tensor.detach)
        place = here(4)
        self._calls[id(module)] = ModelCall(
            module, args, kwargs, place, batch, drawn, module.training
        )
        return batch


def _all_modules(module: nn.Module) -> Iterator[nn.Module]:
    """The module's own modules, and those that it holds in plain lists, unregistered."""
    for part in module.modules():
        yield part
        for value in vars(part).values():
            if isinstance(value, (list, tuple)):
                yield from (item for item in value if isinstance(item, nn.Module))
