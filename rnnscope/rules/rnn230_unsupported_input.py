"""RNN230: an input of a kind that recurrent layers do not take."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN230", "unsupported-input", Severity.ERROR, Reading)
def unsupported_input(reading: Reading) -> Iterator[Problem]:
    """Recurrent layers take dense tensors, and not inside vmap.

    What it does
    ------------
    Explains the failures with sparse tensors and torch.vmap.

    Why is this bad?
    ----------------
    There is no batching rule for recurrent layers, and no sparse implementation. Both have a
    plain way: the batch axis that every layer has, and to_dense().

    Example
    -------
    lstm = nn.LSTM(10, 20)
    output, _ = torch.vmap(lstm)(torch.randn(2, 5, 3, 10))  # RNN230

    Use instead
    -----------
    lstm = nn.LSTM(10, 20, batch_first=True)
    output, _ = lstm(torch.randn(2, 5, 10))
    """
    yield Problem(
        "recurrent layers take dense tensors only, and cannot run inside torch.vmap: use their "
        "own batch axis.",
        "output, h_n = lstm(input.flatten(0, 1))  # or input.to_dense()",
    )
