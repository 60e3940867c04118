"""What pack_padded_sequence would say about a padded shape and lengths, before torch is asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rnnscope.subjects import Failure

_ALL_POSITIVE = (
    "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0"
)


def refusals(
    shape: Sequence[int], lengths: Sequence[int], batch_first: bool = False
) -> Iterator[Failure]:
    """The failures of packing ``shape`` with these lengths, in torch's own words.

    The last is one that packing itself does not report: a length beyond the padding, which the
    layer then stumbles over. Source: aten/src/ATen/native/PackedSequence.cpp.

    >>> [failure.text for failure in refusals((5, 3, 10), (5, 4))]
    ['Expected `len(lengths)` to be equal to batch_size, but got 2 (batch_size=3)']
    """
    if len(shape) < 2:
        return
    time, batch = (shape[1], shape[0]) if batch_first else (shape[0], shape[1])
    if len(lengths) != batch:
        yield Failure(
            "Expected `len(lengths)` to be equal to batch_size, "
            f"but got {len(lengths)} (batch_size={batch})",
            "RuntimeError",
        )
    elif min(lengths, default=1) < 1:
        yield Failure(_ALL_POSITIVE, "RuntimeError")
    elif max(lengths, default=0) > time:
        longest = max(lengths)
        yield Failure(
            f"start (0) + length ({longest}) exceeds dimension size ({time}).", "RuntimeError"
        )
