"""RNN121: a slice of a bias or weight changed in place while autograd watches."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN121", "weights-edited-in-place", Severity.ERROR, Reading)
def weights_edited_in_place(reading: Reading) -> Iterator[Problem]:
    """A part of a bias or weight was changed in place.

    What it does
    ------------
    Explains why fill_ and its like are refused on a slice or a chunk of a parameter.

    Why is this bad?
    ----------------
    The gates of a layer lie in one parameter, so setting the forget-gate bias means changing a
    slice. A parameter requires gradients, and autograd refuses to change a view of one.

    Example
    -------
    lstm = nn.LSTM(10, 20)
    lstm.bias_ih_l0[20:40].fill_(1.0)  # RNN121

    Use instead
    -----------
    lstm = nn.LSTM(10, 20)
    with torch.no_grad():
        lstm.bias_ih_l0[20:40].fill_(1.0)
    """
    yield Problem(
        "a part of a parameter is changed in place while autograd watches it; the forget gate's "
        "bias of an LSTM is rows hidden_size to 2*hidden_size of bias_ih_l0 (order i, f, g, o).",
        "with torch.no_grad(): lstm.bias_ih_l0[hidden_size : 2 * hidden_size].fill_(1.0)",
    )
