"""What ``nn.DataParallel`` cuts into pieces, and whether that is the batch.

It cuts every tensor argument along one axis, 0 unless told otherwise, and gives each device a
piece. With a single device nothing is cut, and nobody notices until there are two.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import nn

from rnnscope.findings import Location
from rnnscope.probing.copying import tensors_in
from rnnscope.subjects.proofs import Scatter
from rnnscope.tracing.places import here


class _Current(threading.local):
    dim: int | None = None
    location: Location | None = None
    tensors: tuple[torch.Tensor, ...] = ()


class Scatters:
    """Compares what a recurrent layer gets inside of a DataParallel with what that was given."""

    def __init__(self) -> None:
        self.seen: list[Scatter] = []
        self._current = _Current()
        self._dims: WeakKeyDictionary[nn.Module, int] = WeakKeyDictionary()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Note the axis of every DataParallel: without a GPU it does not remember it itself."""
        original = nn.DataParallel.__init__
        dims = self._dims

        @functools.wraps(original)
        def built(module: Any, *args: Any, **kwargs: Any) -> None:
            original(module, *args, **kwargs)
            dims[module] = kwargs.get("dim", args[3] if len(args) > 3 else 0)

        nn.DataParallel.__init__ = built  # type: ignore[assignment,method-assign]
        try:
            yield
        finally:
            nn.DataParallel.__init__ = original  # type: ignore[method-assign]

    def entered(self, module: nn.Module, args: tuple[Any, ...]) -> None:
        """The outermost module is about to run."""
        current = self._current
        current.dim = self._dims.get(module) if isinstance(module, nn.DataParallel) else None
        current.tensors = tuple(tensors_in(args)) if current.dim is not None else ()
        current.location = here(3) if current.dim is not None else None

    def left(self) -> None:
        """It has run: let go of its arguments."""
        self._current.tensors = ()

    def layer_called(self, module: nn.Module, args: tuple[Any, ...]) -> None:
        """A recurrent layer is about to run inside of it."""
        dim = self._current.dim
        if dim is None or not isinstance(module, nn.RNNBase) or not args:
            return
        given, states = args[0], list(tensors_in(args[1:2]))
        batch = 0 if module.batch_first else 1
        if isinstance(given, torch.Tensor) and given.dim() == 3 and dim != batch:
            for tensor in self._current.tensors:
                if tensor.dim() > 1 and tensor.shape[:2] == given.shape[:2] and dim < 2:
                    self._add("the input", "time", batch, tensor, module)
        for tensor in self._current.tensors:
            if dim != 1 and any(tensor.data_ptr() == state.data_ptr() for state in states):
                self._add("a state", "layers*directions", 1, tensor, module)

    def _add(
        self, what: str, axis: str, batch: int, tensor: torch.Tensor, layer: nn.Module
    ) -> None:
        dim, place = self._current.dim, self._current.location
        found = Scatter(
            what, axis, dim or 0, batch, tuple(tensor.shape), type(layer).__name__, place, here(4)
        )
        if all((s.what, s.location) != (found.what, found.location) for s in self.seen):
            self.seen.append(found)
