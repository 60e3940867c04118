"""RNN402: the last step of a bidirectional output."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.tracing.events import Usage
from rnnscope.tracing.operations import ENDS


@rule("RNN402", "last-step-of-both-directions", Severity.WARNING, Usage)
def last_step_of_both_directions(usage: Usage) -> Iterator[Problem]:
    """The last (or first) step of a bidirectional output stands for the whole sequence.

    What it does
    ------------
    Looks for a bidirectional layer of whose output one end alone is used, both directions of it.

    Why is this bad?
    ----------------
    At the last step the backward direction has seen one step only; it has read the whole
    sequence at the first. Half of the summary knows next to nothing.

    Example
    -------
        lstm = nn.LSTM(4, 6, batch_first=True, bidirectional=True)
        head = nn.Linear(12, 2)
        output, _ = lstm(torch.randn(3, 5, 4))
        logits = head(output[:, -1])  # RNN402

    Use instead
    -----------
        lstm = nn.LSTM(4, 6, batch_first=True, bidirectional=True)
        head = nn.Linear(12, 2)
        output, (h_n, _) = lstm(torch.randn(3, 5, 4))
        logits = head(torch.cat([h_n[-2], h_n[-1]], dim=-1))
    """
    if not usage.config.bidirectional or usage.steps <= 1:
        return
    read = [part for part in usage.parts if part.result == "output"]
    steps = {part.step for part in read}
    if len(steps) != 1 or not steps <= {-1, 0, ENDS} or len(read) != len(usage.parts):
        return
    if any(what == "step" and index not in steps for what, index in usage.picked):
        return
    if all(part.direction is not None for part in read):
        return
    step = next(iter(steps))
    end, other, seen = ("last", "backward", "first") if step else ("first", "forward", "last")
    yield Problem(
        f"the {end} of {usage.steps} steps of a bidirectional output: its {other} half has seen "
        f"one step only, it has read everything at the {seen} one",
        "torch.cat([h_n[-2], h_n[-1]], dim=-1)  # the final state of each direction",
        read[0].location,
        at(usage.built_at, f"the bidirectional {usage.config.kind} is built here"),
    )
