"""Random inputs for a model of which nothing is known but the shapes that somebody wrote."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from rnnscope.config_validation import DTYPES
from rnnscope.errors import CallError

_WHOLE = ("int64", "int32")


def random_inputs(model: nn.Module, written: Sequence[str], seed: int) -> tuple[Tensor, ...]:
    """One tensor for each text: ``"3,5,10"`` of the model's own dtype, ``"3,5:int64"`` of tokens.

    Numbers are normal; tokens are drawn below the smallest number that an Embedding of the model
    has rows for. Raises CallError.
    """
    generator = torch.Generator().manual_seed(seed)
    parameter = next((p for p in model.parameters() if p.is_floating_point()), torch.empty(0))
    tables = [m.num_embeddings for m in model.modules() if isinstance(m, nn.Embedding)]
    drawn = []
    for text in written:
        shape, dtype = _read(text)
        if dtype in _WHOLE:
            whole = getattr(torch, dtype)
            tensor = torch.randint(min(tables, default=2), shape, generator=generator, dtype=whole)
        else:
            floating = getattr(torch, dtype) if dtype else parameter.dtype
            tensor = torch.randn(shape, generator=generator).to(floating)
        drawn.append(tensor.to(parameter.device))
    return tuple(drawn)


def _read(text: str) -> tuple[tuple[int, ...], str]:
    sizes, _, dtype = text.strip("() ").partition(":")
    try:
        shape = tuple(int(size) for size in sizes.split(",") if size.strip())
    except ValueError:
        shape = ()
    if not shape or min(shape) < 1:
        raise CallError(f"--input {text!r} is no shape: write --input 3,5,10 or 3,5:int64.")
    if dtype and dtype not in (*DTYPES, *_WHOLE):
        raise CallError(f"--input {text!r} has no dtype of torch's: choose {', '.join(_WHOLE)}.")
    return shape, dtype
