"""RNN132: a whole model where a state_dict is expected."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN132", "checkpoint-not-a-state-dict", Severity.ERROR, Reading)
def checkpoint_not_a_state_dict(reading: Reading) -> Iterator[Problem]:
    """The file holds a whole model, not its state_dict.

    What it does
    ------------
    Explains why load_state_dict or torch.load refuses what it was given.

    Why is this bad?
    ----------------
    load_state_dict takes the mapping that state_dict() returns. Since torch 2.6 torch.load reads
    weights only, and refuses a pickled model.

    Example
    -------
    lstm = nn.LSTM(10, 20)
    lstm.load_state_dict(nn.LSTM(10, 20))  # RNN132

    Use instead
    -----------
    lstm = nn.LSTM(10, 20)
    lstm.load_state_dict(nn.LSTM(10, 20).state_dict())
    """
    yield Problem(
        "a whole model was saved or passed where its state_dict is expected; torch.load reads "
        "weights only, since torch 2.6.",
        "torch.save(model.state_dict(), path); model.load_state_dict(torch.load(path))",
    )
