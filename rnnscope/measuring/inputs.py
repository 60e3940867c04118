"""Random inputs for a model of which nothing is known but the sizes that somebody wrote."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from rnnscope.config_validation import DTYPES
from rnnscope.errors import CallError

_SIZES = (5, 7, 6, 4, 9, 3, 11, 13)  # of axes that nobody gave a size: the samples, the steps, …
_DTYPES = (*DTYPES, "int64", "int32", "bool")
_TOKENS = 2  # where no Embedding says how many there are: 0 and 1 are in every vocabulary

Sizes = tuple["int | None", ...]


def read_sizes(text: str) -> tuple[Sizes, str]:
    """``2,7,10``, ``?,?,10`` or ``3,7,int64`` as sizes and a dtype. Raises CallError.

    One number alone is a number of features: samples and steps go before it. The dtype may stand
    behind a colon as well.

    >>> read_sizes("?,7,10")
    ((None, 7, 10), '')
    """
    written = text.strip("()[] ").replace(":", ",").split(",")
    words = [word.strip().removeprefix("torch.") for word in written if word.strip()]
    dtype = words.pop() if words and words[-1] in _DTYPES else ""
    try:
        sizes = tuple(None if word == "?" else int(word) for word in words)
    except ValueError:
        sizes = ()
    if not sizes or any(size is not None and size < 1 for size in sizes):
        raise CallError(
            f"--input {text!r} is no shape: write sizes, ? for any, and a dtype if it is not a "
            "float, as in --input 3,7,10 or --input ?,7,int64."
        )
    return (None, None, *sizes) if len(sizes) == 1 and not dtype else sizes, dtype


def filled(sizes: Sizes, taken: Iterable[int] = ()) -> tuple[int, ...]:
    """The same sizes, those left open small and unlike all others.

    >>> filled((None, None, 5))
    (7, 6, 5)
    """
    known = {size for size in sizes if size is not None} | set(taken)
    free = iter([size for size in _SIZES if size not in known] + [17, 19, 23])
    return tuple(next(free) if size is None else size for size in sizes)


def drawn(shape: Sequence[int], dtype: str = "", module: Any = None, seed: int = 0) -> Tensor:
    """A tensor of this shape on the module's device, normal numbers of its own dtype.

    Whole numbers are such as every Embedding of the module has rows for.
    """
    own = module if isinstance(module, nn.Module) else nn.Module()
    like = next((p for p in own.parameters() if p.is_floating_point()), torch.empty(0))
    kind = getattr(torch, dtype) if dtype else like.dtype
    generator = torch.Generator().manual_seed(seed)
    if kind is torch.bool:
        value = torch.rand(*shape, generator=generator) < 0.3
    elif kind.is_floating_point or kind.is_complex:
        value = torch.randn(*shape, generator=generator)
    else:
        tables = (m for m in own.modules() if isinstance(m, (nn.Embedding, nn.EmbeddingBag)))
        most = min((table.num_embeddings for table in tables), default=_TOKENS)
        value = torch.randint(0, max(most, 1), tuple(shape), generator=generator)
    return value.to(like.device, kind)


def random_inputs(model: nn.Module, written: Sequence[str], seed: int) -> tuple[Tensor, ...]:
    """One tensor for each text that ``read_sizes`` takes. Raises CallError."""
    wanted = enumerate(map(read_sizes, written), seed)
    return tuple(drawn(filled(sizes), dtype, model, n) for n, (sizes, dtype) in wanted)
