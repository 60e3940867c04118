"""A layer's own tensors and attributes, found by name and put back after every call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

_DEPTH = 3  # of lists and objects in which a layer may keep its tensors


def weights_of(layer: object) -> dict[str, Tensor]:
    """Everything that a layer computes with: its parameters, or the plain tensors it keeps.

    A module's tied parameters come once. An object that is no module, and a module without a
    parameter, are searched for floating tensors in attributes, lists and dicts.
    """
    named: dict[str, Tensor] = {}
    if isinstance(layer, nn.Module):
        named.update(layer.named_parameters())
    return named or {
        name: tensor
        for name, tensor in _walk(layer, "", _DEPTH)
        if tensor.is_floating_point() and tensor.numel()
    }


def _walk(value: object, name: str, depth: int) -> Iterator[tuple[str, Tensor]]:
    if isinstance(value, Tensor):
        yield name, value
    elif depth and isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _walk(item, f"{name}.{index}", depth - 1)
    elif depth and isinstance(value, dict):
        for key, item in value.items():
            yield from _walk(item, f"{name}.{key}", depth - 1)
    elif depth and hasattr(value, "__dict__") and not isinstance(value, type):
        for key, item in vars(value).items():
            yield from _walk(item, f"{name}.{key}".lstrip("."), depth - 1)


def parts_of(layer: object) -> dict[str, Any]:
    """The objects whose attributes can change: every submodule, or the object itself."""
    return dict(layer.named_modules()) if isinstance(layer, nn.Module) else {"": layer}


class Pristine:
    """A layer's attributes as they were, to be put back before every call.

    A layer that appends to a list on itself, or keeps its last state, then starts each call as new.
    """

    def __init__(self, layer: object) -> None:
        self.layer = layer
        self.kept = {
            name: {key: _copied(value) for key, value in _attributes(part)}
            for name, part in parts_of(layer).items()
            if hasattr(part, "__dict__")
        }

    def restore(self) -> None:
        """Put the attributes back; parameters and buffers keep the values that they have now."""
        for name, part in parts_of(self.layer).items():
            for key in {key for key, _ in _attributes(part)} - set(self.kept.get(name, {})):
                del vars(part)[key]
            for key, value in self.kept.get(name, {}).items():
                vars(part)[key] = _copied(value)

    def changed(self) -> Iterator[str]:
        """The attributes that hold something else than before: ``outputs grew from 0 to 3``."""
        for name, part in parts_of(self.layer).items():
            before = self.kept.get(name, {})
            for key, value in _attributes(part):
                word = _change(before.get(key), value)
                if word:
                    yield f"{f'{name}.' if name else ''}{key} {word}"


def _attributes(part: object) -> list[tuple[str, Any]]:
    """What an object keeps, its mode apart, which is the caller's to set."""
    return [(key, value) for key, value in vars(part).items() if key != "training"]


def _copied(value: Any) -> Any:
    """Containers are copied, so that appending to one does not reach the copy; tensors are not."""
    if type(value) in (list, dict, set):
        return value.copy()
    return value


def _change(before: object, now: object) -> str:
    if isinstance(now, (list, dict, set)) and (before is None or type(before) is type(now)):
        before = before or ()
        return f"grew from {len(before)} to {len(now)}" if len(now) > len(before) else ""
    if isinstance(now, Tensor) or (isinstance(now, tuple) and now and _all_tensors(now)):
        return "keeps tensors of the last call" if now is not before else ""
    return ""


def _all_tensors(values: tuple[object, ...]) -> bool:
    return all(isinstance(value, Tensor) for value in values)


def write(tensors: dict[str, Tensor], values: dict[str, Tensor]) -> None:
    """Copy values into a layer's tensors, in place."""
    with torch.no_grad():
        for name, value in values.items():
            tensors[name].copy_(value)
