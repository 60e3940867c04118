"""RNN754: log-probabilities for ctc_loss with the batch first."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN754", "layout-of-ctc", Severity.ERROR, Reading)
def layout_of_ctc(reading: Reading) -> Iterator[Problem]:
    """ctc_loss takes time first.

    What it does
    ------------
    Explains what ctc_loss says about lengths.

    Why is this bad?
    ----------------
    Log-probabilities are (T, N, C). Those of a batch_first layer are (N, T, C), and must be
    turned.

    Example
    -------
    log_probs = torch.randn(4, 50, 9).log_softmax(-1)
    targets, lengths = torch.randint(1, 9, (4, 10)), torch.full((4,), 50)
    loss = F.ctc_loss(log_probs, targets, lengths, torch.full((4,), 10))  # RNN754

    Use instead
    -----------
    log_probs = torch.randn(4, 50, 9).log_softmax(-1)
    targets, lengths = torch.randint(1, 9, (4, 10)), torch.full((4,), 50)
    loss = F.ctc_loss(log_probs.transpose(0, 1), targets, lengths, torch.full((4,), 10))
    """
    yield Problem(
        "ctc_loss takes log-probabilities with time first, (T, N, C), and one length for each "
        "of the N; those of a batch_first layer are (N, T, C).",
        "F.ctc_loss(log_probs.transpose(0, 1), targets, input_lengths, target_lengths)",
    )
