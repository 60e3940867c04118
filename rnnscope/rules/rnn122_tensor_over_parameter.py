"""RNN122: a plain tensor or tuple assigned where a parameter or buffer is registered."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN122", "tensor-over-parameter", Severity.ERROR, Reading)
def tensor_over_parameter(reading: Reading) -> Iterator[Problem]:
    """A tensor was assigned over a parameter, or a tuple over a buffer.

    What it does
    ------------
    Explains why a module refuses the assignment.

    Why is this bad?
    ----------------
    A name that holds a parameter stays a parameter: a state kept under the name of a learned h_0,
    or a dropped-out weight written back, is a plain tensor. A buffer takes a tensor, and the
    states of an LSTM are two.

    Example
    -------
    gru = nn.GRU(10, 20)
    gru.h_0 = nn.Parameter(torch.zeros(1, 1, 20))
    x = torch.randn(5, 3, 10)
    gru.h_0 = gru(x)[1]  # RNN122

    Use instead
    -----------
    gru = nn.GRU(10, 20)
    gru.h_0 = nn.Parameter(torch.zeros(1, 1, 20))
    x = torch.randn(5, 3, 10)
    state = gru(x, gru.h_0.expand(-1, 3, -1).contiguous())[1].detach()
    """
    name = reading.values["got"].split("'")[1] if "'" in reading.values["got"] else "the name"
    if "as buffer" in reading.failure.text:
        yield Problem(
            f"{name} is a buffer and takes one tensor, got a tuple: the states of an LSTM are two.",
            "output, (self.h, self.c) = self.lstm(input, (self.h, self.c))",
        )
    else:
        yield Problem(
            f"{name} is a parameter and takes no plain tensor: keep states under another name, and "
            "change weights with torch.nn.utils.parametrize.",
            f"self.{name}_now = tensor  # or: with torch.no_grad(): self.{name}.copy_(tensor)",
        )
