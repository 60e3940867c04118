"""An independent copy of a model and of the arguments of a call."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence

MOST_BYTES = 1 << 30  # a larger model is not copied
_CONTAINERS = (tuple, list)


def map_tensors(value: Any, change: Callable[[torch.Tensor], Any]) -> Any:
    """The same nest of tuples, lists, dicts and packed sequences with every tensor changed."""
    if isinstance(value, torch.Tensor):
        return change(value)
    if isinstance(value, PackedSequence):
        return value._replace(data=change(value.data))
    if isinstance(value, _CONTAINERS):
        items = [map_tensors(item, change) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if type(value) is dict:
        return {key: map_tensors(item, change) for key, item in value.items()}
    return value


def tensors_in(value: Any) -> Iterator[torch.Tensor]:
    """Every tensor of a nest, in order; of packed sequences their data."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, PackedSequence):
        yield value.data
    elif isinstance(value, _CONTAINERS):
        for item in value:
            yield from tensors_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from tensors_in(item)


def independent_copy(model: nn.Module) -> nn.Module | None:
    """A copy in eval mode that shares no tensor with the model; None where there can be none."""
    if isinstance(model, torch.jit.ScriptModule):
        return None
    held = sum(p.numel() * p.element_size() for p in model.parameters())
    if held > MOST_BYTES:
        return None
    memo = {
        id(tensor): tensor.detach().clone()
        for module in model.modules()
        for tensor in _kept_results(module)
    }
    return copy.deepcopy(model, memo).eval()


def _kept_results(module: nn.Module) -> Iterator[torch.Tensor]:
    """Tensors on a module that carry a graph, which deepcopy refuses."""
    for value in vars(module).values():
        yield from (t for t in tensors_in(value) if t.grad_fn is not None)
