"""The one walk through nested values: tuples, lists, dicts and packed sequences of tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.nn.utils.rnn import PackedSequence

_CONTAINERS = (tuple, list, dict)
_DEEPEST = 8  # a batch may hold itself; nobody nests the arguments of a call deeper on purpose


def tensors_in(value: object, depth: int = 0) -> Iterator[torch.Tensor]:
    """Every tensor of a nest, in order; of packed sequences their data."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, PackedSequence):
        yield value.data
    elif depth >= _DEEPEST:
        return
    elif isinstance(value, (tuple, list)):
        for item in value:
            if isinstance(item, torch.Tensor):
                yield item
            elif isinstance(item, _CONTAINERS):
                yield from tensors_in(item, depth + 1)
    elif type(value) is dict:
        for item in value.values():
            yield from tensors_in(item, depth + 1)


def map_nest(value: object, change: Callable[[Any], Any], depth: int = 0) -> Any:
    """The same nest with ``change`` applied to everything that is not a container."""
    if depth >= _DEEPEST or not isinstance(value, _CONTAINERS):
        return change(value)
    if isinstance(value, (tuple, list)):
        # Most of it is flat: no further walk for what holds nothing.
        items = [
            map_nest(item, change, depth + 1) if isinstance(item, _CONTAINERS) else change(item)
            for item in value
        ]
        if not hasattr(value, "_fields"):
            return tuple(items) if isinstance(value, tuple) else items
        made: Any = tuple.__new__(type(value), items)  # type: ignore[type-var]
        return made  # a PackedSequence checks nothing this way
    if type(value) is dict:
        return {key: map_nest(item, change, depth + 1) for key, item in value.items()}
    return change(value)


def map_tensors(value: object, change: Callable[[torch.Tensor], Any]) -> Any:
    """The same nest with every tensor changed."""
    return map_nest(value, lambda v: change(v) if isinstance(v, torch.Tensor) else v)
