"""RNN310: an initial state whose first axis holds the samples."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.axes import shape_text
from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import StateAxes


@rule("RNN310", "state-lies-batch-first", Severity.ERROR, StateAxes)
def state_lies_batch_first(state: StateAxes) -> Iterator[Problem]:
    """An initial state was made batch first, and there are as many samples as layers.

    What it does
    ------------
    Changes one sample of the data that a state is made of, and looks for a state of which that
    moves one slot of the layers, for all samples.

    Why is this bad?
    ----------------
    The states are (D*num_layers, N, H_out), also with batch_first=True. Batch first, each sample's
    state goes to one layer of every sample. The sizes agree, so nothing complains.

    Example
    -------
        start, gru = nn.Linear(5, 12), nn.GRU(3, 6, num_layers=2, batch_first=True)
        x, static, y = torch.randn(2, 7, 3), torch.randn(2, 5), torch.randn(2, 6)
        h_0 = start(static).view(2, 2, 6)  # RNN310
        F.mse_loss(gru(x, h_0)[0][:, -1], y).backward()

    Use instead
    -----------
        start, gru = nn.Linear(5, 12), nn.GRU(3, 6, num_layers=2, batch_first=True)
        x, static, y = torch.randn(2, 7, 3), torch.randn(2, 5), torch.randn(2, 6)
        h_0 = start(static).view(2, 2, 6).transpose(0, 1).contiguous()
        F.mse_loss(gru(x, h_0)[0][:, -1], y).backward()
    """
    yield Problem(
        f"the samples lie on axis 0 of this state {shape_text(state.shape)}, and "
        f"{state.kind} takes that for its layers: the state of each sample goes to one layer of "
        "all samples",
        "h_0 = h_0.transpose(0, 1).contiguous()",
        state.location,
        at(state.called_at, f"the {state.kind} is called with it")
        + at(state.built_at, f"the {state.kind} is built here"),
    )
