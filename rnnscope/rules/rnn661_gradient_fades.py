"""RNN661: the gradient of the loss does not reach the first time steps."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.gating import Activity

# One step of float32 apart from 1 is 1.2e-7: added to the gradients of the last steps, which are
# a million times larger, what the first steps say is lost in rounding.
FADED = 1e-6


@rule("RNN661", "gradient-fades", Severity.HINT, Activity)
def gradient_fades(activity: Activity) -> Iterator[Problem]:
    """The gradient fades on its way through time: the first steps are not learned from.

    What it does
    ------------
    Compares the norm of the loss's gradient at the first and at the last step of a layer, as
    ``rnnscope.gates(layer, x, loss=...)`` measures it.

    Why is this bad?
    ----------------
    Below a millionth of the last step's gradient, the first step's is lost in the rounding of
    float32: the weights learn from the last steps only, however long the sequences are.

    Example
    -------
        rnn = nn.RNN(4, 8)
        nn.init.uniform_(rnn.weight_hh_l0, -0.1, 0.1)
        loss = lambda output, h_n: h_n.sum()
        seen = rnnscope.gates(rnn, torch.randn(60, 2, 4), loss=loss)  # RNN661

    Use instead
    -----------
        rnn = nn.LSTM(4, 8)
        nn.init.constant_(rnn.bias_ih_l0[8:16], 4.0)  # the forget gate starts open
        loss = lambda output, states: states[0].sum()
        seen = rnnscope.gates(rnn, torch.randn(60, 2, 4), loss=loss)
    """
    if activity.gradient is None:
        return
    first, last = activity.gradient
    if first < FADED * last:
        begin, end = activity.order
        yield Problem(
            f"the gradient does not reach the first step of {activity.name}: its norm is "
            f"{first:.1e} at t={begin} and {last:.1e} at t={end}.",
            fix="start an LSTM's forget gate open (bias 1 or more), take shorter pieces of the "
            "sequence, or give the first steps a loss of their own",
        )
