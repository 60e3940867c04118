"""RNN404: h_n[0] of a stack is its first layer."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import REST, ran_at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import SliceRead


@rule("RNN404", "lower-layer-read", Severity.WARNING, SliceRead)
def lower_layer_read(fact: SliceRead) -> Iterator[Problem]:
    """A lower layer's final state is used, and the layers above it are thrown away.

    What it does
    ------------
    Looks for a layer with num_layers > 1 of whose results nothing but the state of layers below
    the last one is used.

    Why is this bad?
    ----------------
    h_n is (layers*directions, batch, H_out) with the first layer first: ``h_n[0]`` is the
    bottom of the stack. The layers above it are computed, ignored, and never learn.

    Example
    -------
        lstm = nn.LSTM(4, 6, num_layers=3, batch_first=True)
        head = nn.Linear(6, 2)
        _, (h_n, c_n) = lstm(torch.randn(3, 5, 4))
        logits = head(h_n[0])  # RNN404

    Use instead
    -----------
        lstm = nn.LSTM(4, 6, num_layers=3, batch_first=True)
        head = nn.Linear(6, 2)
        _, (h_n, c_n) = lstm(torch.randn(3, 5, 4))
        logits = head(h_n[-1])
    """
    if fact.slice != "layers":
        return
    last = "torch.cat([h_n[-2], h_n[-1]], dim=-1)" if fact.bidirectional else f"{fact.result}[-1]"
    yield Problem(
        f"this is layer {fact.index} of {fact.of} of {fact.result}: the layers above it are "
        "computed and thrown away",
        f"{last}  # the last layer",
        fact.location,
        ran_at(fact),
        proof=REST,
    )
