"""What the inputs and the module itself are called."""

from __future__ import annotations

import inspect
from typing import Any

from torch import Tensor, nn

from rnnscope.recording.nest import tensors_in


def name_of(target: Any) -> str:
    """The class of an object; the name of a function."""
    return str(getattr(target, "__name__", type(target).__name__))


def input_names(target: Any, inputs: tuple[Any, ...]) -> list[str]:
    """A name for each tensor of the inputs, from the parameters that take them."""
    function = target.forward if isinstance(target, nn.Module) else target
    try:
        names = [p.name for p in inspect.signature(function).parameters.values()]
    except (TypeError, ValueError):
        names = []
    found: list[str] = []
    for place, value in enumerate(inputs):
        name = names[place] if place < len(names) else f"input{place}"
        tensors = list(tensors_in([value]))
        alone = isinstance(value, Tensor)
        found += [name if alone else f"{name}[{n}]" for n in range(len(tensors))]
    return found
