"""The inputs of a run: given, or drawn with small sizes that tell the axes apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import Any

import torch
from torch import Tensor, nn

from rnnscope.errors import CallError

_SIZES = (5, 7, 6, 4, 9, 3, 11, 13)  # of axes that nobody gave a size: the samples, the steps, …
_FEATURES = (
    "input_size", "in_features", "in_channels", "d_model", "embed_dim", "input_dim", "dim",
    "hidden_size", "num_features",
)  # fmt: skip
_DTYPES = ("float32", "float64", "float16", "bfloat16", "int64", "int32", "bool")

Sizes = tuple["int | None", ...]


def read_sizes(text: str) -> tuple[Sizes, str]:
    """``2,7,10``, ``?,?,10`` or ``3,7,int64`` as sizes and a dtype. Raises CallError.

    One number alone is a number of features: samples and steps go before it.

    >>> read_sizes("?,7,10")
    ((None, 7, 10), '')
    """
    words = [word.strip() for word in text.strip("()[] ").split(",") if word.strip()]
    dtype = words.pop() if words and words[-1].removeprefix("torch.") in _DTYPES else ""
    try:
        sizes = tuple(None if word == "?" else int(word) for word in words)
    except ValueError:
        sizes = ()
    if not sizes or any(size is not None and size < 1 for size in sizes):
        raise CallError(
            f"--input {text!r} is no shape: write sizes, ? for any, and a dtype if it is not a "
            "float, as in --input 3,7,10 or --input ?,7,int64."
        )
    return (None, None, *sizes) if len(sizes) == 1 else sizes, dtype.removeprefix("torch.")


def filled(sizes: Sizes, taken: Iterable[int] = ()) -> tuple[int, ...]:
    """The same sizes, those left open small and unlike all others.

    >>> filled((None, None, 5))
    (7, 6, 5)
    """
    known = {size for size in sizes if size is not None} | set(taken)
    free = iter([size for size in _SIZES if size not in known] + [17, 19, 23])
    return tuple(next(free) if size is None else size for size in sizes)


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


def drawn(shape: Sequence[int], dtype: str = "", module: Any = None, seed: int = 0) -> Tensor:
    """A tensor of this shape; of whole numbers such as every embedding of the module has."""
    generator = torch.Generator().manual_seed(seed)
    kind = getattr(torch, dtype) if dtype else _dtype_of(module)
    if kind is torch.bool:
        return torch.rand(*shape, generator=generator) < 0.3
    if not kind.is_floating_point:
        most = min((m.num_embeddings for m in _embeddings(module)), default=5)
        return torch.randint(0, max(most, 1), tuple(shape), generator=generator, dtype=kind)
    return torch.randn(*shape, generator=generator).to(_device_of(module), kind)


def _embeddings(module: Any) -> list[Any]:
    own = module.modules() if isinstance(module, nn.Module) else ()
    return [m for m in own if isinstance(m, (nn.Embedding, nn.EmbeddingBag))]


def _dtype_of(module: Any) -> torch.dtype:
    own = module.parameters() if isinstance(module, nn.Module) else ()
    return next((p.dtype for p in own if p.is_floating_point()), torch.get_default_dtype())


def _device_of(module: Any) -> torch.device:
    own = module.parameters() if isinstance(module, nn.Module) else ()
    return next((p.device for p in own), torch.device("cpu"))


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
