"""RNN409: hidden[-1] of an LSTM's pair of states is c_n."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import REST, ran_at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import SliceRead


@rule("RNN409", "cell-state-read", Severity.WARNING, SliceRead)
def cell_state_read(fact: SliceRead) -> Iterator[Problem]:
    """Of all results of an LSTM only c_n is used, reached by an index on the pair of states.

    What it does
    ------------
    Looks for an LSTM of which c_n alone reaches a layer or a loss, where the pair (h_n, c_n) was
    not unpacked by name.

    Why is this bad?
    ----------------
    The second result of nn.LSTM is a pair. ``hidden[-1]`` on it is c_n, not the last layer of
    h_n: the cell state is unbounded and has not gone through the output gate.

    Example
    -------
        lstm, head = nn.LSTM(4, 6, batch_first=True), nn.Linear(6, 2)
        _, hidden = lstm(torch.randn(3, 5, 4))
        state = hidden[-1].squeeze(0)  # RNN409
        logits = head(state)

    Use instead
    -----------
        lstm, head = nn.LSTM(4, 6, batch_first=True), nn.Linear(6, 2)
        _, (h_n, _) = lstm(torch.randn(3, 5, 4))
        logits = head(h_n[0])
    """
    if fact.slice == "cell":
        yield Problem(
            f"of this {fact.kind} only c_n is used, the second of its pair of states: the hidden "
            "state is h_n, the first",
            "_, (h_n, c_n) = lstm(x); use h_n[-1]",
            fact.location,
            ran_at(fact),
            proof=REST,
        )
