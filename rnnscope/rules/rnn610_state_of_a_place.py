"""RNN610: an initial state is learnt for each place in the batch."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.axes import shape_text
from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import RowsLearnt


@rule("RNN610", "state-of-a-place", Severity.WARNING, RowsLearnt)
def state_of_a_place(fact: RowsLearnt) -> Iterator[Problem]:
    """A learnt initial state has a row of its own for each place in a shuffled batch.

    What it does
    ------------
    Changes one row of a parameter that a layer begins from, and sees one row of the initial state
    move, where a shuffling DataLoader decides which sample comes to that row.

    Why is this bad?
    ----------------
    What the model says of a sample depends on its place in the batch, and no other batch size can
    be used. Row i learns from whatever samples came to place i.

    Example
    -------
        from torch.utils.data import DataLoader, TensorDataset
        gru, h_0 = nn.GRU(4, 6, batch_first=True), nn.Parameter(torch.zeros(1, 5, 6))
        data = TensorDataset(torch.randn(20, 7, 4), torch.randn(20, 6))
        for x, y in DataLoader(data, batch_size=5, shuffle=True):
            _, h_n = gru(x, h_0)  # RNN610
            F.mse_loss(h_n[-1], y).backward()

    Use instead
    -----------
        from torch.utils.data import DataLoader, TensorDataset
        gru, h_0 = nn.GRU(4, 6, batch_first=True), nn.Parameter(torch.zeros(1, 1, 6))
        data = TensorDataset(torch.randn(20, 7, 4), torch.randn(20, 6))
        for x, y in DataLoader(data, batch_size=5, shuffle=True):
            _, h_n = gru(x, h_0.expand(-1, len(x), -1).contiguous())
            F.mse_loss(h_n[-1], y).backward()
    """
    yield Problem(
        f"this {fact.kind} begins from a learnt state with a row for each of {fact.rows} places in "
        f"the batch (the parameter is {shape_text(fact.shape)}), and the samples come in random "
        "order",
        "learn one row, and expand it: h_0.expand(-1, batch_size, -1).contiguous()",
        fact.location,
        at(fact.loaded_at, "the DataLoader draws samples in random order here"),
    )
