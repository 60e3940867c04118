"""What ``nn.DataParallel`` cuts into pieces, and whether that is the batch.

It cuts every tensor argument along one axis, 0 unless told otherwise, and gives each device a
piece. With a single device nothing is cut, and nobody notices until there are two.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import nn

from rnnscope.recording.layers import LayerCall
from rnnscope.recording.nest import tensors_in
from rnnscope.subjects.experiment_results import Scatter


class Scatters:
    """Compares what a recurrent layer gets inside of a DataParallel with what that was given."""

    def __init__(self) -> None:
        self.seen: list[Scatter] = []
        # Without a GPU a DataParallel does not remember its axis itself.
        self._dims: WeakKeyDictionary[nn.Module, int] = WeakKeyDictionary()

    def built(self, module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        """A DataParallel was built."""
        self._dims[module] = kwargs.get("dim", args[3] if len(args) > 3 else 0)

    def layer_called(self, call: LayerCall) -> None:
        """A recurrent layer has run, perhaps inside of one."""
        module, args = call.module, call.args
        dim = self._dims.get(call.outer) if isinstance(call.outer, nn.DataParallel) else None
        if dim is None or not isinstance(module, nn.RNNBase) or not args:
            return
        scattered = tuple(tensors_in(call.outer_args))
        given, states = args[0], list(tensors_in(args[1:2]))
        batch = 0 if module.batch_first else 1
        if isinstance(given, torch.Tensor) and given.dim() == 3 and dim != batch:
            for tensor in scattered:
                if tensor.dim() > 1 and tensor.shape[:2] == given.shape[:2] and dim < 2:
                    self._add("the input", "time", (dim, batch), tensor, call)
        for tensor in scattered:
            if dim != 1 and any(tensor.data_ptr() == state.data_ptr() for state in states):
                self._add("a state", "layers*directions", (dim, 1), tensor, call)

    def _add(
        self, what: str, axis: str, axes: tuple[int, int], tensor: torch.Tensor, call: LayerCall
    ) -> None:
        place = call.place.location if call.place else None
        found = Scatter(
            what,
            axis,
            *axes,
            tuple(tensor.shape),
            type(call.module).__name__,
            call.outer_called_at,
            place,
        )
        if all((s.what, s.location) != (found.what, found.location) for s in self.seen):
            self.seen.append(found)
