"""RNN303: view or reshape that joins parts of different samples."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.axes import shape_text
from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.experiment_results import Leak


@rule("RNN303", "rows-torn", Severity.ERROR, Leak)
def rows_torn(leak: Leak) -> Iterator[Problem]:
    """A view or reshape puts parts of different samples into one row.

    What it does
    ------------
    Looks for a regrouping after which the batch axis is cut, and its parts share new axes with
    layers, directions, steps or features. The usual one is ``h_n.view(batch, -1)``: h_n is
    (D*num_layers, batch, H_out), also with batch_first=True.

    Why is this bad?
    ----------------
    A row of the result holds one layer or direction of several samples instead of all layers of
    one sample. The shape is right, so nothing complains.

    Example
    -------
        lstm = nn.LSTM(4, 6, bidirectional=True, batch_first=True)
        head = nn.Linear(12, 2)
        _, (h_n, _) = lstm(torch.randn(8, 5, 4))
        summary = h_n.view(8, 12)  # RNN303
        F.cross_entropy(head(summary), torch.randint(0, 2, (8,))).backward()

    Use instead
    -----------
        lstm = nn.LSTM(4, 6, bidirectional=True, batch_first=True)
        head = nn.Linear(12, 2)
        _, (h_n, _) = lstm(torch.randn(8, 5, 4))
        summary = h_n.transpose(0, 1).reshape(8, 12)
        F.cross_entropy(head(summary), torch.randint(0, 2, (8,))).backward()
    """
    if leak.batch is None or not leak.regroups:
        return
    yield Problem(
        f"regrouped as {shape_text(leak.shape)} in the order of memory, a row of the result holds "
        "parts of different samples",
        "move the batch to the front with transpose or permute before regrouping",
        related=at(leak.batch.location, leak.batch.reason),
        proof=leak.proof,
    )
