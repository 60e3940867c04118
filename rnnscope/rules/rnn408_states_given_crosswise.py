"""RNN408: h_n given as c_0, c_n as h_0."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import StatesCrossed


@rule("RNN408", "states-given-crosswise", Severity.ERROR, StatesCrossed)
def states_given_crosswise(crossed: StatesCrossed) -> Iterator[Problem]:
    """An LSTM is started with the states of an earlier call in the wrong order.

    What it does
    ------------
    Follows h_n and c_n of a call to where they start another one, in this step or in the next.

    Why is this bad?
    ----------------
    States go in as (h_0, c_0) and come out as (h_n, c_n). Given crosswise the cell starts from
    what was meant for the hidden state; the shapes are the same.

    Example
    -------
        encoder, decoder = nn.LSTM(4, 6), nn.LSTM(4, 6)
        _, (h_n, c_n) = encoder(torch.randn(5, 3, 4))
        output, _ = decoder(torch.randn(7, 3, 4), (c_n, h_n))  # RNN408
        output.pow(2).mean().backward()

    Use instead
    -----------
        encoder, decoder = nn.LSTM(4, 6), nn.LSTM(4, 6)
        _, (h_n, c_n) = encoder(torch.randn(5, 3, 4))
        output, _ = decoder(torch.randn(7, 3, 4), (h_n, c_n))
        output.pow(2).mean().backward()
    """
    place = crossed.left_at if crossed.left_at != crossed.location else None
    yield Problem(
        "the first state given is the c_n of an earlier call and the second its h_n: "
        f"{crossed.kind} takes (h_0, c_0)",
        "pass (h_n, c_n)",
        crossed.location,
        at(place, "that call is here"),
    )
