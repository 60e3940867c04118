"""RNN217: states passed as arguments of their own, or under another keyword than hx."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import LayerCall
from rnnscope.subjects.state_shapes import state_names


@rule("RNN217", "states-as-arguments", Severity.ERROR, LayerCall)
def states_as_arguments(call: LayerCall) -> Iterator[Problem]:
    """States go into one argument, the second, whose name is hx.

    What it does
    ------------
    Looks for a third argument, and for keywords that forward does not have.

    Why is this bad?
    ----------------
    forward takes (input, hx). h and c of an LSTM are one tuple; h0=, hidden= and the like do not
    exist.

    Example
    -------
    lstm = nn.LSTM(10, 20)
    x = torch.randn(5, 3, 10)
    h_0 = torch.zeros(1, 3, 20)
    c_0 = torch.zeros(1, 3, 20)
    output, _ = lstm(x, h_0, c_0)  # RNN217

    Use instead
    -----------
    lstm = nn.LSTM(10, 20)
    x = torch.randn(5, 3, 10)
    h_0 = torch.zeros(1, 3, 20)
    c_0 = torch.zeros(1, 3, 20)
    output, _ = lstm(x, (h_0, c_0))
    """
    names = state_names(call.config)
    right = "layer(input, (h_0, c_0))" if len(names) == 2 else "layer(input, h_0)"
    if call.extra:
        several = "h_0 and c_0 go together, as one tuple" if len(names) == 2 else "one state only"
        yield Problem(
            f"forward takes the input and one more argument, hx; got {len(call.extra)} too many: "
            f"{several}.",
            right,
        )
    if call.keywords:
        names_given = ", ".join(repr(keyword) for keyword in call.keywords)
        yield Problem(
            f"forward has no argument {names_given}: the states are the second one, hx.",
            right,
        )
