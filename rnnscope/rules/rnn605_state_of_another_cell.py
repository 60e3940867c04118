"""RNN605: a stacked cell that starts every step from the state of the cell below."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.experiment_results import BorrowedState


@rule("RNN605", "state-of-another-cell", Severity.ERROR, BorrowedState)
def state_of_another_cell(state: BorrowedState) -> Iterator[Problem]:
    """A cell of a stack is given the state of the cell below, and its own state goes nowhere.

    What it does
    ------------
    Compares the states that a cell is given in a loop with what the cells around it have just
    returned. Reports a cell whose state and input are the same result of another cell in every
    call, where nothing that the cell returns itself comes back to any recurrent layer. Two cells
    that hand one state to each other, as a conditional GRU does, are right.

    Why is this bad?
    ----------------
    ``h2, c2 = upper(h1, (h1, c1))`` overwrites h2 and c2 in every step without reading them: the
    upper cell is no recurrence but a plain layer on top of the lower one, and remembers nothing.

    Example
    -------
        lower, upper, out = nn.LSTMCell(4, 6), nn.LSTMCell(6, 6), nn.Linear(6, 2)
        h1 = c1 = h2 = c2 = torch.zeros(3, 6)
        for x_t in torch.randn(5, 3, 4):
            h1, c1 = lower(x_t, (h1, c1))
            h2, c2 = upper(h1, (h1, c1))  # RNN605
        out(h2).sum().backward()

    Use instead
    -----------
        lower, upper, out = nn.LSTMCell(4, 6), nn.LSTMCell(6, 6), nn.Linear(6, 2)
        h1 = c1 = h2 = c2 = torch.zeros(3, 6)
        for x_t in torch.randn(5, 3, 4):
            h1, c1 = lower(x_t, (h1, c1))
            h2, c2 = upper(h1, (h2, c2))
        out(h2).sum().backward()
    """
    yield Problem(
        f"this {state.kind} is given the state that the cell below has just returned, which is its "
        f"input too, in every step; no step reads the state that it returns itself ({state.times} "
        "calls): it has no memory.",
        fix="h2, c2 = upper(h1, (h2, c2))" if state.kind == "LSTMCell" else "h2 = upper(h1, h2)",
        related=at(state.built_at, f"the {state.kind} is built here"),
    )
