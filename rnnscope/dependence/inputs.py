"""The inputs of a run: given, or drawn with small sizes that tell the axes apart."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from torch import nn

from rnnscope.errors import CallError
from rnnscope.measuring.inputs import Sizes, drawn, filled

_FEATURES = (
    "input_size", "in_features", "in_channels", "d_model", "embed_dim", "input_dim", "dim",
    "hidden_size", "num_features",
)  # fmt: skip


def sizes_for(module: Any) -> tuple[Sizes, str]:
    """Sizes for a module that nobody gave any, by what it says of itself. Raises CallError."""
    own = list(module.modules()) if isinstance(module, nn.Module) else [module]
    first = next((m for m in own if isinstance(getattr(m, "num_embeddings", None), int)), None)
    if first is not None and first in own[:2]:
        return (None, None), "int64"
    for part in own:
        if isinstance(part, nn.modules.conv._ConvNd):
            return (None, part.in_channels, *(None,) * len(part.kernel_size)), ""
        for name in _FEATURES:
            size = getattr(part, name, None)
            if isinstance(size, int) and not isinstance(size, bool):
                cell = isinstance(part, nn.RNNCellBase)
                return ((None, size) if cell else (None, None, size)), ""
    raise CallError("nothing tells what it takes: give the sizes, as in --input 3,7,10.")


def made(module: Any, given: Sequence[Any]) -> tuple[Any, ...]:
    """Tensors for whatever was given as sizes; what is no sizes stays. Raises CallError."""
    wanted: list[Any] = list(given) if given else [sizes_for(module)]
    found: list[Any] = []
    for place, value in enumerate(wanted):
        sizes, dtype = value if _has_dtype(value) else (value, "")
        if not _are_sizes(sizes):
            found.append(value)
            continue
        shape = filled(sizes)
        if prod(shape) > 10**7:
            raise CallError(f"an input of {shape} is too large to be tried: give smaller sizes.")
        found.append(drawn(shape, dtype, module, place))
    return tuple(found)


def _has_dtype(value: Any) -> bool:
    pair = isinstance(value, tuple) and len(value) == 2
    return pair and isinstance(value[0], tuple) and isinstance(value[1], str)


def _are_sizes(value: Any) -> bool:
    return (
        isinstance(value, tuple)
        and bool(value)
        and all(size is None or type(size) is int for size in value)
    )
