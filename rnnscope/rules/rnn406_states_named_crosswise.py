"""RNN406: the LSTM's states unpacked as (c, h)."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.state_names import is_cell, is_hidden
from rnnscope.subjects.facts import StateNames


@rule("RNN406", "states-named-crosswise", Severity.WARNING, StateNames)
def states_named_crosswise(names: StateNames) -> Iterator[Problem]:
    """The states of an LSTM are unpacked in the wrong order.

    What it does
    ------------
    Looks at the names that h_n and c_n are given where they are unpacked.

    Why is this bad?
    ----------------
    nn.LSTM returns ``output, (h_n, c_n)`` and nn.LSTMCell ``(h, c)``, in this order. Unpacked the
    other way round, "hidden" is the cell state: unbounded, and not let through the output gate.

    Example
    -------
        lstm = nn.LSTM(4, 6, batch_first=True)
        _, (cell, hidden) = lstm(torch.randn(3, 5, 4))  # RNN406

    Use instead
    -----------
        lstm = nn.LSTM(4, 6, batch_first=True)
        _, (hidden, cell) = lstm(torch.randn(3, 5, 4))
    """
    crossed = is_cell(names.first) and is_hidden(names.second)
    only = names.first.strip("_") == "" and is_hidden(names.second)
    if crossed or only or (is_cell(names.first) and names.second.strip("_") == ""):
        place = "output, " if names.kind == "LSTM" else ""
        given = f"({names.first}, {names.second})"
        yield Problem(
            f"{names.kind} returns {place}(h_n, c_n), in this order; it is unpacked as {given}",
            f"({names.second}, {names.first})",
        )
