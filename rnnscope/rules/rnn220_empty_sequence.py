"""RNN220: a sequence without a single step."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import LayerCall
from rnnscope.subjects.state_shapes import sizes_text


@rule("RNN220", "empty-sequence", Severity.ERROR, LayerCall)
def empty_sequence(call: LayerCall) -> Iterator[Problem]:
    """The input has no time step at all.

    What it does
    ------------
    Looks for a time axis of size 0.

    Why is this bad?
    ----------------
    A batch may be empty, a sequence may not: there would be no last state. It comes from an empty
    text, from slicing past the end, or from a window longer than the data.

    Example
    -------
    lstm = nn.LSTM(10, 20)
    x = torch.randn(5, 3, 10)
    output, _ = lstm(x[5:])  # RNN220

    Use instead
    -----------
    lstm = nn.LSTM(10, 20)
    x = torch.randn(5, 3, 10)
    output, _ = lstm(x[4:])
    """
    given = call.input
    if given is None or given.type != "Tensor" or not given.shape or call.config.single_step:
        return
    if given.ndim not in (2, 3):
        return
    axis = 1 if given.ndim == 3 and call.config.batch_first else 0
    if given.shape[axis] == 0:
        yield Problem(
            f"a sequence needs at least one step, and axis {axis} of input "
            f"{sizes_text(given.shape)} is time: L = 0.",
            "if input.size({axis}) > 0: output, h_n = layer(input)".replace("{axis}", str(axis)),
        )
