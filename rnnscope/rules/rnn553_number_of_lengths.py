"""RNN553: another number of lengths than sequences."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN553", "number-of-lengths", Severity.ERROR, Reading)
def number_of_lengths(reading: Reading) -> Iterator[Problem]:
    """There is one length for each sequence of the batch.

    What it does
    ------------
    Explains the message that len(lengths) does not equal the batch size.

    Why is this bad?
    ----------------
    pack_padded_sequence reads the batch off axis 1, unless batch_first=True is given there, too:
    the option of the layer does not count. nn.DataParallel splits tensors and not lists. With
    enforce_sorted=False surplus columns are dropped without a word.

    Example
    -------
    x = torch.randn(3, 5, 10)  # batch first
    packed = pack_padded_sequence(x, [5, 4, 2])  # RNN553

    Use instead
    -----------
    x = torch.randn(3, 5, 10)  # batch first
    packed = pack_padded_sequence(x, [5, 4, 2], batch_first=True)
    """
    values = reading.values
    told = (
        f"{values['got']} lengths for {values['batch']} sequences"
        if "got" in values
        else "another number of lengths than sequences"
    )
    yield Problem(
        f"{told}: pack_padded_sequence reads the batch off axis 1 of (L, N, H_in), and off axis "
        "0 with its own batch_first=True, whatever the layer has. Under nn.DataParallel lengths "
        "must be a tensor, to be split with the input.",
        "pack_padded_sequence(input, lengths, batch_first=True)",
    )
