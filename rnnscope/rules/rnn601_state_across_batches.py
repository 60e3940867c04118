"""RNN601: the states left by one batch start the next, which does not go on from it."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import StateCarried


@rule("RNN601", "state-across-batches", Severity.WARNING, StateCarried)
def state_across_batches(state: StateCarried) -> Iterator[Problem]:
    """A layer starts from the states that it left for data which this batch does not go on from.

    What it does
    ------------
    Finds the states that a layer is given among those that it returned in the training step
    before, and looks where the data of both lie: samples that a DataLoader draws in random order,
    the very data that were read into this state already (the next epoch began, and the state was
    not reset), rows of one tensor in another order. The backward half of a bidirectional layer
    has no state to carry on: it ends at the first step of a batch.

    Why is this bad?
    ----------------
    Where row i of one batch and row i of the next are unrelated, what the model says of a sample
    depends on whatever came before it. Carrying states over is for contiguous pieces of
    the same sequences.

    Where the program's own loop hands the states from one shuffled batch to the next, as well-known
    tutorials do, and no evaluation begins from zeros instead, it was meant: that is a hint.

    Example
    -------
        from torch.utils.data import DataLoader, TensorDataset
        class Model(nn.Module):
            def __init__(self):
                super().__init__()
                self.gru = nn.GRU(4, 6, batch_first=True)
                self.state = None
            def forward(self, x):
                _, state = self.gru(x, self.state)  # RNN601
                self.state = state.detach()
                return state[-1]
        model = Model()
        data = TensorDataset(torch.randn(12, 5, 4), torch.randn(12, 6))
        for x, y in DataLoader(data, batch_size=4, shuffle=True):
            F.mse_loss(model(x), y).backward()

    Use instead
    -----------
        from torch.utils.data import DataLoader, TensorDataset
        class Model(nn.Module):
            def __init__(self):
                super().__init__()
                self.gru = nn.GRU(4, 6, batch_first=True)
            def forward(self, x):
                _, state = self.gru(x)
                return state[-1]
        model = Model()
        data = TensorDataset(torch.randn(12, 5, 4), torch.randn(12, 6))
        for x, y in DataLoader(data, batch_size=4, shuffle=True):
            F.mse_loss(model(x), y).backward()
    """
    meant = state.handed and state.evaluated and state.reason == "shuffled"
    loaded = "the DataLoader draws samples in random order here"
    yield Problem(
        f"this {state.kind} starts from the states that it left for the batch before, "
        f"{_REASONS[state.reason]}",
        fix=_FIXES.get(
            state.reason,
            "call the layer without states, or reset them where another sequence begins",
        ),
        location=state.location,
        severity=Severity.HINT if meant else None,
        related=(
            *at(state.loaded_at, loaded),
            *at(state.built_at, f"the {state.kind} is built here"),
        ),
    )


_REASONS = {
    "shuffled": "and the batches are drawn in random order: row i of one and row i of the next "
    "are unrelated samples",
    "again": "and they have read these very data already: the data begin again, the states do not",
    "rows": "and the rows of this batch are not the ones that follow the rows of that",
    "order": "and an index puts the rows of each batch in an order of its own: the rows of the "
    "states stay where they were",
    "averaged": "and its rows were put together on the way: every sequence goes on from a mixture "
    "of all of them",
    "backward": "and it is bidirectional: the half that reads backwards begins at the end of this "
    "batch with what it made of the beginning of the other",
}
_FIXES = {
    "again": "reset the states where the data begin again",
    "order": "put the states back in the order of the batch, and give them in that of the data",
    "averaged": "hand on each row by itself",
}
