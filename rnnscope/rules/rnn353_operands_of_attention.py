"""RNN353: operands of bmm or cat whose axes do not line up."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN353", "operands-of-attention", Severity.WARNING, Reading)
def operands_of_attention(reading: Reading) -> Iterator[Problem]:
    """The operands of bmm and cat must agree in all axes but one.

    What it does
    ------------
    Explains the messages of bmm, matmul and cat around attention over a recurrent layer.

    Why is this bad?
    ----------------
    Outputs are (L, N, H) or (N, L, H), states (D*num_layers, N, H): attention needs the batch
    first in both, and a query with an axis of size 1.

    Example
    -------
    query, outputs = torch.randn(4, 1, 20), torch.randn(4, 7, 20)
    scores = torch.bmm(query, outputs)  # RNN353

    Use instead
    -----------
    query, outputs = torch.randn(4, 1, 20), torch.randn(4, 7, 20)
    scores = torch.bmm(query, outputs.transpose(1, 2))
    """
    yield Problem(
        "the axes of two operands do not line up. With recurrent layers: bmm wants (N, 1, H) "
        "and (N, H, L), so the outputs must be batch first and turned; h_n is (D*num_layers, N, "
        "H_out), and must be turned before it meets outputs.",
        "torch.bmm(query.unsqueeze(1), outputs.transpose(1, 2))  # (N, 1, H) and (N, H, L)",
    )
