"""Call: the sizes and choices of one call of a layer, apart from the layer's own options."""

from __future__ import annotations

from dataclasses import dataclass

from rnnscope.errors import CallError


@dataclass(frozen=True, slots=True)
class Call:
    """What a layer is called with: N sequences of L steps, one unbatched sequence, or packed ones.

    ``lengths`` makes the call packed; then ``batch`` is their number and ``seq_len`` the padded
    length (at least the longest). ``states_given`` tells whether h_0 (and c_0) are passed or left
    to torch, which then takes zeros. Cells have no time axis and ignore ``seq_len``.
    Raises CallError.

    >>> Call(lengths=(2, 5, 3)).batch_sizes
    (3, 3, 2, 1, 1)
    """

    batch: int = 3
    seq_len: int = 5
    batched: bool = True
    lengths: tuple[int, ...] | None = None
    states_given: bool = False

    def __post_init__(self) -> None:
        if self.lengths is not None:
            self._check_lengths(self.lengths)
            object.__setattr__(self, "batch", len(self.lengths))
        if self.batch < 0:
            raise CallError(f"batch={self.batch} is not possible: give 0 or more sequences.")
        if self.seq_len < 1:
            raise CallError(
                f"seq_len={self.seq_len} is not possible: torch needs at least one step."
            )

    def _check_lengths(self, lengths: tuple[int, ...]) -> None:
        if not self.batched:
            raise CallError("lengths need a batch: leave out unbatched, or leave out the lengths.")
        if not lengths:
            raise CallError("lengths=() is not possible: give one length for each sequence.")
        if min(lengths) < 1:
            raise CallError(f"a length of {min(lengths)} is not possible: drop empty sequences.")
        if max(lengths) > self.seq_len:
            raise CallError(
                f"a length of {max(lengths)} is longer than seq_len={self.seq_len}: "
                f"give seq_len={max(lengths)}, or shorter lengths."
            )

    @property
    def packed(self) -> bool:
        return self.lengths is not None

    @property
    def steps(self) -> int:
        """Real time steps over all sequences: what a packed call computes instead of N*L."""
        if self.lengths is not None:
            return sum(self.lengths)
        return self.seq_len * (self.batch if self.batched else 1)

    @property
    def batch_sizes(self) -> tuple[int, ...]:
        """How many sequences are still running at each step, as PackedSequence.batch_sizes."""
        lengths = self.lengths or ()
        return tuple(sum(n > t for n in lengths) for t in range(max(lengths, default=0)))

    @property
    def sorted_indices(self) -> tuple[int, ...]:
        """The original row of each packed row: longest first, as PackedSequence.sorted_indices."""
        lengths = self.lengths or ()
        return tuple(sorted(range(len(lengths)), key=lambda row: -lengths[row]))

    @property
    def unsorted_indices(self) -> tuple[int, ...]:
        """Where each original row went, the inverse of ``sorted_indices``."""
        order = self.sorted_indices
        return tuple(order.index(row) for row in range(len(order)))

    @property
    def sorted(self) -> bool:
        """True when the lengths already go from longest to shortest."""
        return self.sorted_indices == tuple(range(len(self.lengths or ())))
