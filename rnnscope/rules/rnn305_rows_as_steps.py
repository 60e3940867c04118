"""RNN305: rows that go on from call to call, read as the steps of one sequence."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.axes import shape_text
from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import RowsStepped


@rule("RNN305", "rows-as-steps", Severity.WARNING, RowsStepped)
def rows_as_steps(stepped: RowsStepped) -> Iterator[Problem]:
    """A batch of one step each is read as one sequence, call after call.

    What it does
    ------------
    Looks for a layer that is called with one sequence and its own last state, again and again, and
    changes single steps of its result: each moves the same step of the next input alone. So the
    rows live on side by side.

    Why is this bad?
    ----------------
    A 2-D input is one sequence (time, features). Rows that go on from call to call are a batch,
    of environments, say; as steps of one sequence each of them sees all those before it.

    Example
    -------
        policy = nn.GRU(4, 4)
        position, state = torch.randn(6, 4), None
        for _ in range(3):
            move, state = policy(position, state)  # RNN305
            position = position + move
        position.norm(dim=1).mean().backward()

    Use instead
    -----------
        policy = nn.GRU(4, 4)
        position, state = torch.randn(6, 4), None
        for _ in range(3):
            move, state = policy(position.unsqueeze(0), state)
            position = position + move.squeeze(0)
        position.norm(dim=1).mean().backward()
    """
    yield Problem(
        f"the input {shape_text(stepped.shape)} is read as one sequence of {stepped.rows} steps, "
        "but each was made from the same step of the result before, and the state goes on from "
        f"call to call: these are {stepped.rows} rows of a batch",
        "add the time axis: x.unsqueeze(0), and take it off the result with squeeze(0)",
        related=at(stepped.built_at, f"the {stepped.kind} is built here"),
    )
