"""RNN305: rows that go on from call to call, read as the steps of one sequence."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.axes import shape_text
from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.tracing.events import AxisRead
from rnnscope.tracing.role_conflicts import AGAIN


@rule("RNN305", "rows-as-steps", Severity.WARNING, AxisRead)
def rows_as_steps(event: AxisRead) -> Iterator[Problem]:
    """A 2-D batch of one step each is read as one unbatched sequence, call after call.

    What it does
    ------------
    Looks for a layer that is called with a 2-D input and its own last state, where row i of the
    input was computed from row i of the last output: the rows live on side by side.

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

    Use instead
    -----------
        policy = nn.GRU(4, 4)
        position, state = torch.randn(6, 4), None
        for _ in range(3):
            move, state = policy(position.unsqueeze(0), state)
            position = position + move.squeeze(0)
    """
    if event.read.because != AGAIN:
        return
    yield Problem(
        f"the 2-D input {shape_text(event.shape)} is read as one sequence of {event.shape[0]} "
        f"steps, but {AGAIN}, and the state goes on from call to call: these are "
        f"{event.shape[0]} rows of a batch",
        "add the time axis: x.unsqueeze(0), and take it off the result with squeeze(0)",
        event.location,
        at(
            event.known.location if event.known.location != event.location else None,
            event.known.because,
        ),
    )
