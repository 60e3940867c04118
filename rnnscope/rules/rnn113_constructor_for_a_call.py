"""RNN113: a tensor among the options of a layer."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN113", "constructor-for-a-call", Severity.WARNING, Reading)
def constructor_for_a_call(reading: Reading) -> Iterator[Problem]:
    """A tensor was given to the constructor instead of to the layer.

    What it does
    ------------
    Explains the ambiguous truth value of a tensor as an option of a layer.

    Why is this bad?
    ----------------
    nn.LSTM(...) builds a layer from sizes. The layer is then called with the data; a tensor among
    the options is compared with numbers, and a tensor has no single truth value.

    Example
    -------
    x = torch.randn(5, 3, 10)
    lstm = nn.LSTM(10, 20, x)  # RNN113

    Use instead
    -----------
    x = torch.randn(5, 3, 10)
    lstm = nn.LSTM(10, 20)
    output, _ = lstm(x)
    """
    yield Problem(
        "a tensor was used where a number or a flag is needed; with recurrent layers, a tensor "
        "among the options of the constructor: the layer is built from sizes first, and called "
        "with data then.",
        "lstm = nn.LSTM(10, 20); output, _ = lstm(input)",
    )
