"""RNN227: a 2-D input, in a version of torch that takes 3-D only."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN227", "unbatched-input-refused", Severity.ERROR, Reading)
def unbatched_input_refused(reading: Reading) -> Iterator[Problem]:
    """Before torch 1.11 every input had three axes.

    What it does
    ------------
    Explains the message that input must have 3 dimensions.

    Why is this bad?
    ----------------
    The batch or the time axis is missing: one step of a batch is (1, N, H_in), one sequence (L,
    1, H_in). Since 1.11 the same input runs, read as one sequence without a batch.

    Example
    -------
    decoder = nn.GRU(10, 20)
    step = torch.randn(3, 10)
    output, h = decoder(step, torch.zeros(1, 3, 20))  # RNN215

    Use instead
    -----------
    decoder = nn.GRU(10, 20)
    step = torch.randn(3, 10)
    output, h = decoder(step.unsqueeze(0), torch.zeros(1, 3, 20))
    """
    yield Problem(
        "input has 2 axes and must be (L, N, H_in), or (N, L, H_in) with batch_first: the time "
        "axis of a single step, or the batch axis of a single sequence, is missing.",
        "input = input.unsqueeze(0)  # one step of a batch; unsqueeze(1) for one sequence",
    )
