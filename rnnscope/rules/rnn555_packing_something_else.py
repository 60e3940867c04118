"""RNN555: an input of pack_padded_sequence that is no padded batch."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN555", "packing-something-else", Severity.ERROR, Reading)
def packing_something_else(reading: Reading) -> Iterator[Problem]:
    """pack_padded_sequence takes a padded batch (L, N, *), pack_sequence a list.

    What it does
    ------------
    Explains the messages about an empty tensor, a list or a single axis.

    Why is this bad?
    ----------------
    The padded batch needs its axes of time and batch, and at least one element. A list of
    sequences that are not padded yet goes into pack_sequence.

    Example
    -------
    sequences = [torch.randn(5, 10), torch.randn(3, 10)]
    packed = pack_padded_sequence(sequences, [5, 3])  # RNN555

    Use instead
    -----------
    sequences = [torch.randn(5, 10), torch.randn(3, 10)]
    packed = pack_sequence(sequences)
    """
    yield Problem(
        "what is packed must be a padded batch (L, N, *), or (N, L, *) with batch_first=True, "
        "with at least one step: no list, and not a single sequence without its batch axis.",
        "pack_sequence(list_of_tensors, enforce_sorted=False)  # or pad_sequence first",
    )
