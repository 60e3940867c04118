"""RNN601: the states left by one shuffled batch start the next."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Related, Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.proofs import CarriedState


@rule("RNN601", "state-across-batches", Severity.ERROR, CarriedState)
def state_across_batches(state: CarriedState) -> Iterator[Problem]:
    """A layer starts from the states that another batch of shuffled samples left behind.

    What it does
    ------------
    Compares the states that a layer is given with those that it returned for the batch before,
    where the batches are drawn in random order. An error where the model keeps the states itself;
    a hint where the training loop hands them on, and whoever reads the loop can see it.

    Why is this bad?
    ----------------
    Row i of one batch and row i of the next are unrelated samples: what the model says of a
    sample depends on whatever came before it. Carrying states over is for contiguous pieces of
    the same sequences.

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
    batch = state.batch
    if batch is None or not batch.shuffled:
        return
    yield Problem(
        f"the {state.kind} starts from the states that it left for another batch, in {state.times} "
        f"of {state.calls} calls, and the batches are drawn in random order.",
        fix="call the layer without states, or reset them before every batch",
        severity=None if state.kept is not None else Severity.HINT,
        location=state.location,
        related=(Related(batch.location, batch.reason),) if batch.location else (),
    )
