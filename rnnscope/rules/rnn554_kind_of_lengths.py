"""RNN554: lengths that are no vector of integers on the CPU."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN554", "kind-of-lengths", Severity.ERROR, Reading)
def kind_of_lengths(reading: Reading) -> Iterator[Problem]:
    """Lengths are a list of ints, or a 1-D int64 tensor on the CPU.

    What it does
    ------------
    Explains the messages about the type, device and axes of lengths.

    Why is this bad?
    ----------------
    Since torch 1.7 lengths stay on the CPU, also when the batch is on a GPU. A column (N, 1), a
    single number, a mask or texts are no lengths.

    Example
    -------
    lengths = torch.tensor([[5], [4], [2]])
    packed = pack_padded_sequence(torch.randn(5, 3, 10), lengths)  # RNN554

    Use instead
    -----------
    lengths = torch.tensor([[5], [4], [2]])
    packed = pack_padded_sequence(torch.randn(5, 3, 10), lengths.flatten())
    """
    got = reading.values.get("got", "").strip()
    told = f", got {got}" if got else ""
    yield Problem(
        f"lengths must be a list of ints, or a 1-D int64 tensor on the CPU{told}.",
        "pack_padded_sequence(input, lengths.flatten().cpu())  # mask.sum(1).cpu() of a mask",
    )
