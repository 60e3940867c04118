"""RNN502: samples sorted for packing, and results left in that order."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Related, Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.experiment_results import Disorder


@rule("RNN502", "order-not-restored", Severity.ERROR, Disorder)
def order_not_restored(disorder: Disorder) -> Iterator[Problem]:
    """Samples are sorted by length, and a result stays in that order.

    What it does
    ------------
    Changes one sample, and looks for it in the results: in another row than in the input, or in
    different rows of two results that are then put together.

    Why is this bad?
    ----------------
    Row i of the result belongs to another sample than row i of the input, and it is compared
    with that other sample's target, or joined with its features.

    Example
    -------
        class Encoder(nn.Module):
            def __init__(self):
                super().__init__()
                self.gru = nn.GRU(4, 6, batch_first=True)
            def forward(self, x, lengths):
                lengths, order = lengths.sort(descending=True)
                x = x[order]  # RNN502
                packed = pack_padded_sequence(x, lengths, batch_first=True)
                return self.gru(packed)[1][-1]
        torch.manual_seed(0)
        lengths = torch.tensor([2, 3, 7, 5])
        x = pad_sequence([torch.randn(n, 4) for n in lengths.tolist()], batch_first=True)
        F.mse_loss(Encoder()(x, lengths), torch.randn(4, 6)).backward()

    Use instead
    -----------
        class Encoder(nn.Module):
            def __init__(self):
                super().__init__()
                self.gru = nn.GRU(4, 6, batch_first=True)
            def forward(self, x, lengths):
                packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
                return self.gru(packed)[1][-1]
        torch.manual_seed(0)
        lengths = torch.tensor([2, 3, 7, 5])
        x = pad_sequence([torch.randn(n, 4) for n in lengths.tolist()], batch_first=True)
        F.mse_loss(Encoder()(x, lengths), torch.randn(4, 6)).backward()
    """
    place = disorder.restored_at or disorder.location
    of = "of one result" if disorder.restored_at else "of the result"
    rest = ", and meets another one, put back in order" if disorder.restored_at else ""
    places = {
        disorder.location: "they meet here",
        disorder.ordered_at: "the samples get another order here",
    }
    yield Problem(
        f"row {disorder.row} {of} belongs to sample {disorder.sample}{rest}: the samples were "
        "sorted, and this order was not undone.",
        fix="reorder every result by order.argsort(), states along axis 1; or leave the sorting to "
        "pack_padded_sequence(..., enforce_sorted=False)",
        location=place,
        related=tuple(
            Related(where, said)
            for where, said in places.items()
            if where is not None and where != place
        ),
    )
