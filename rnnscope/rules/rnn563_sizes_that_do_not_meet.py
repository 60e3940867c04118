"""RNN563: two tensors of which one is shorter or smaller in one axis."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN563", "sizes-that-do-not-meet", Severity.ERROR, Reading)
def sizes_that_do_not_meet(reading: Reading) -> Iterator[Problem]:
    """Two tensors meet that differ in an axis.

    What it does
    ------------
    Explains the messages about tensor a and tensor b.

    Why is this bad?
    ----------------
    pad_packed_sequence pads to the longest sequence of the batch, so its result can be shorter
    than the input and the mask. States and batches of different sizes, and samples with time
    last, say the same.

    Example
    -------
    mask = torch.ones(3, 6)
    packed = pack_padded_sequence(torch.randn(3, 6, 1), [5, 4, 2], batch_first=True)
    padded, lengths = pad_packed_sequence(packed, batch_first=True)
    masked = padded.squeeze(-1) * mask  # RNN563

    Use instead
    -----------
    mask = torch.ones(3, 6)
    packed = pack_padded_sequence(torch.randn(3, 6, 1), [5, 4, 2], batch_first=True)
    padded, lengths = pad_packed_sequence(packed, batch_first=True, total_length=6)
    masked = padded.squeeze(-1) * mask
    """
    a, b, axis = (reading.values[name].split()[0].strip(".") for name in ("a", "b", "axis"))
    yield Problem(
        f"two tensors differ in axis {axis}: {a} and {b}. Around recurrent layers, most likely: "
        "pad_packed_sequence pads to the longest sequence of the batch only, so its result is "
        "shorter than the mask; or states for another batch size; or pad_sequence with time not "
        "on the first axis.",
        "pad_packed_sequence(output, batch_first=True, total_length=mask.size(1))",
    )
