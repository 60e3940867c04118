"""RNN653: a module copied with a state inside."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN653", "copied-with-its-state", Severity.ERROR, Reading)
def copied_with_its_state(reading: Reading) -> Iterator[Problem]:
    """A module is copied while it holds a state with its graph.

    What it does
    ------------
    Explains why deepcopy refuses.

    Why is this bad?
    ----------------
    A state kept on self belongs to a graph, and a tensor of a graph cannot be copied with it.

    Example
    -------
    import copy
    lstm = nn.LSTM(10, 20)
    lstm.last_output, _ = lstm(torch.randn(5, 3, 10))
    clone = copy.deepcopy(lstm)  # RNN653

    Use instead
    -----------
    import copy
    lstm = nn.LSTM(10, 20)
    output, _ = lstm(torch.randn(5, 3, 10))
    clone = copy.deepcopy(lstm)
    """
    yield Problem(
        "a tensor with its graph is copied: with recurrent layers, a state or output kept on "
        "the module.",
        "self.hidden = None  # before the copy; or keep self.hidden = h.detach()",
    )
