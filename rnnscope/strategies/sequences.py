"""sequence_inputs(): tensors whose sizes tell their axes apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from rnnscope.strategies.bounds import check_range

if TYPE_CHECKING:
    from torch import Tensor

_SEEDS = st.integers(0, 2**16)


def sequence_inputs(
    *features: int,
    axes: str = "NLF",
    min_batch: int = 2,
    max_batch: int = 5,
    min_steps: int = 2,
    max_steps: int = 9,
    dtype: str = "float32",
) -> st.SearchStrategy[Tensor]:
    """Draw an input (N, L, *features) in which no two of N, L and the features are equal, none 1.

    ``axes`` says in which order they come, as in ``"LNF"`` or ``"NFL"``. Numbers are normally
    distributed, from a seed of their own. The bounds are inclusive. Raises hypothesis's
    InvalidArgument for bounds that nothing satisfies.

    >>> from hypothesis import find
    >>> find(sequence_inputs(4, axes="LNF"), lambda drawn: True).shape
    torch.Size([3, 2, 4])
    """
    check_range("batch", min_batch, max_batch, least=2)
    check_range("steps", min_steps, max_steps, least=2)
    if sorted(axes) != ["F", "L", "N"]:
        raise InvalidArgument(f"axes={axes!r} is no order of N, L and F, as in axes='NLF'")
    sizes = st.tuples(st.integers(min_batch, max_batch), st.integers(min_steps, max_steps))
    apart = sizes.filter(lambda drawn: len({*drawn, *features}) == 2 + len(set(features)))
    return st.builds(lambda drawn, seed: _made(drawn, features, axes, dtype, seed), apart, _SEEDS)


def _made(
    sizes: tuple[int, int], features: tuple[int, ...], axes: str, dtype: str, seed: int
) -> Tensor:
    import torch

    by_axis = {"N": sizes[:1], "L": sizes[1:], "F": features}
    shape = tuple(size for axis in axes for size in by_axis[axis])
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=getattr(torch, dtype))
