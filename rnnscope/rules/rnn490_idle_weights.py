"""RNN490: weights of a recurrence that nothing depends on."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import IdleWeights


@rule("RNN490", "idle-weights", Severity.WARNING, IdleWeights)
def idle_weights(weights: IdleWeights) -> Iterator[Problem]:
    """A gate, the weights of the state, or a whole cell have no influence on the loss.

    What it does
    ------------
    Looks in every step of training for weights without a gradient, and puts other values in their
    place, or in that of what they made: the loss must stay as it is. Reports a gate of a
    hand-written cell that goes nowhere, a cell of whose steps none is read, and layers of which
    every sequence is one step that begins from zeros.

    Why is this bad?
    ----------------
    That part is computed and thrown away, and stays as it was initialised. Over a single step from
    zeros there is nothing to remember: the layer is a feed-forward one with gates.

    Example
    -------
        lstm, head = nn.LSTM(4, 6, batch_first=True), nn.Linear(6, 2)
        for x in torch.randn(3, 5, 4):
            _, (h_n, c_n) = lstm(x.unsqueeze(1))  # RNN490
            F.cross_entropy(head(h_n[-1]), torch.tensor([0, 1, 1, 0, 1])).backward()

    Use instead
    -----------
        lstm, head = nn.LSTM(4, 6, batch_first=True), nn.Linear(6, 2)
        for x in torch.randn(3, 5, 7, 4):
            _, (h_n, c_n) = lstm(x)
            F.cross_entropy(head(h_n[-1]), torch.tensor([0, 1, 1, 0, 1])).backward()
    """
    message, fix = _TEXTS[weights.part]
    yield Problem(
        message.format(kind=weights.kind, of=weights.of),
        fix,
        weights.location,
        at(weights.built_at, f"the {weights.kind} is built here"),
    )


_TEXTS = {
    "gate": (
        "one of the {of} gates of this {kind} goes nowhere: other values in its weights change "
        "no loss",
        "use what this line makes",
    ),
    "recurrence": (
        "every sequence that this {kind} reads is a single step from zeros: its weight_hh has "
        "nothing to multiply, and no influence",
        "put the steps of a sequence on the time axis",
    ),
    "cell": (
        "none of the {of} steps of this {kind} is read: other values in all of them change no loss",
        "use the states that it returns",
    ),
}
