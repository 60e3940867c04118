"""RNN652: a tensor changed in place before backward needs it."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN652", "changed-before-backward", Severity.ERROR, Reading)
def changed_before_backward(reading: Reading) -> Iterator[Problem]:
    """A tensor that backward needs was changed in place.

    What it does
    ------------
    Explains the message about an inplace operation and versions.

    Why is this bad?
    ----------------
    With retain_graph=True and a carried state, optimizer.step() has changed the weights between
    the forward and the backward. Writing states into one buffer, h[t + 1] = cell(x, h[t]), or
    zeros into an LSTM's output does the same.

    Example
    -------
    gru = nn.GRU(10, 20)
    optimizer = torch.optim.SGD(gru.parameters(), 0.1)
    h = None
    for _ in range(2):
        output, h = gru(torch.randn(5, 3, 10), h)
        output.sum().backward(retain_graph=True)  # RNN652
        optimizer.step()

    Use instead
    -----------
    gru = nn.GRU(10, 20)
    optimizer = torch.optim.SGD(gru.parameters(), 0.1)
    h = None
    for _ in range(2):
        output, h = gru(torch.randn(5, 3, 10), h)
        output.sum().backward()
        optimizer.step()
        h = h.detach()
    """
    yield Problem(
        "a tensor that backward needs was changed in place. With recurrent layers, most likely: "
        "a carried state with retain_graph=True, so that optimizer.step() came in between; or "
        "states written into one buffer; or zeros written into the output.",
        "h = h.detach()  # and no retain_graph; torch.stack(states) instead of a buffer",
    )
