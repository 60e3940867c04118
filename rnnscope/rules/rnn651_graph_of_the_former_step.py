"""RNN651: backward through a state of the step before."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN651", "graph-of-the-former-step", Severity.ERROR, Reading)
def graph_of_the_former_step(reading: Reading) -> Iterator[Problem]:
    """A state is carried on without detach, and backward goes into the step before.

    What it does
    ------------
    Explains the message about a second backward.

    Why is this bad?
    ----------------
    The state still belongs to the graph of the last batch, which is freed after backward.
    retain_graph=True, which torch proposes, leads to weights that were changed in the meantime,
    and to memory that grows with every step.

    Example
    -------
    gru = nn.GRU(10, 20)
    h = None
    for _ in range(2):
        output, h = gru(torch.randn(5, 3, 10), h)
        output.sum().backward()  # RNN651

    Use instead
    -----------
    gru = nn.GRU(10, 20)
    h = None
    for _ in range(2):
        output, h = gru(torch.randn(5, 3, 10), h)
        output.sum().backward()
        h = h.detach()
    """
    yield Problem(
        "backward goes through a part of the graph that is gone already. With recurrent layers: "
        "a state carried into the next batch without detach, often on self. retain_graph=True "
        "does not repair it.",
        "h = h.detach()  # LSTM: h, c = h.detach(), c.detach()",
    )
