"""RNN654: a loss turned into a number together with its graph."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN654", "number-with-its-graph", Severity.HINT, Reading)
def number_with_its_graph(reading: Reading) -> Iterator[Problem]:
    """A tensor with a graph was turned into a number.

    What it does
    ------------
    Explains the warning about converting a tensor to a scalar.

    Why is this bad?
    ----------------
    Adding up losses as tensors keeps the graphs of all batches. item() gives the number alone.

    Example
    -------
    loss = torch.randn(3, requires_grad=True).sum()
    value = float(loss)  # RNN654

    Use instead
    -----------
    loss = torch.randn(3, requires_grad=True).sum()
    value = loss.item()
    """
    yield Problem(
        "a tensor that belongs to a graph is turned into a number: item() says so plainly, and "
        "keeps no graph alive.",
        "total += loss.item()",
    )
