"""RNN604: a loop over steps that carries on a part of the state only, or nothing of it."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.experiment_results import StuckState


@rule("RNN604", "state-left-behind", Severity.ERROR, StuckState)
def state_left_behind(state: StuckState) -> Iterator[Problem]:
    """A loop over steps carries on, resets or forgets one part of the state and not the other.

    What it does
    ------------
    Compares the states that a layer is given, step after step, with those it returned before: the
    very same c, or zeros for c, while h goes on; the very same state while each input is made of
    the result before; rows of h set to zero while those of c go on, or the reverse; sequences of
    many lengths in evaluation, each started from the end of the one before, though training starts
    from nothing.

    Why is this bad?
    ----------------
    An LSTM that starts each step from the same c has no memory cell, a decoder that starts each
    step from the encoder's state does not know how far it is, and an episode that ended in h goes
    on in c.

    Example
    -------
        cell, out = nn.LSTMCell(4, 6), nn.Linear(6, 2)
        h = c = torch.zeros(3, 6)
        for x_t in torch.randn(5, 3, 4):
            h, _ = cell(x_t, (h, c))  # RNN604
        logits = out(h)

    Use instead
    -----------
        cell, out = nn.LSTMCell(4, 6), nn.Linear(6, 2)
        h = c = torch.zeros(3, 6)
        for x_t in torch.randn(5, 3, 4):
            h, c = cell(x_t, (h, c))
        logits = out(h)
    """
    message, fix = _WORDS[state.sign]
    called = state.called_at if state.called_at != state.location else None
    yield Problem(
        message.format(kind=state.kind, times=state.times),
        fix,
        state.location,
        at(called, f"the {state.kind} runs here"),
    )


_WORDS = {
    "cell": (
        "this {kind} is given the very same c in each of {times} steps in a row while h goes on: "
        "it has no memory cell",
        "h, c = cell(x, (h, c))",
    ),
    "zeroed": (
        "this {kind} is given its own h of the call before, and zeros instead of the c that it "
        "returned with it ({times} calls in a row and more): its memory cell starts anew each time",
        "output, (h, c) = lstm(chunk, (h, c))",
    ),
    "state": (
        "this {kind} starts each of {times} steps in a row from the very same state, though each "
        "input is made of the result before: the state it returns is dropped",
        "output, state = rnn(step, state)",
    ),
    "mask": (
        "between steps rows of one state of this {kind} are set to zero, and those of the other "
        "go on: h and c belong to the same rows",
        "mask both: (h * alive, c * alive)",
    ),
    "chain": (
        "in evaluation each sequence starts from the state in which the one before ended, of "
        "{times} different lengths and more; in training this {kind} starts every one from nothing",
        "pass no state: output, _ = model(sequence)",
    ),
}
