"""RNN513: rows that were sorted meet rows that were not."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.tracing.events import OrdersMet

_OUTPUTS = (
    "one of the tensors is sorted, the other is not",
    "undo the sort on all that comes out: h_n[:, order.argsort()], output[order.argsort()]",
)
_STATES = (
    "the input is sorted, the states that it starts from are not",
    "sort the states too, h_0[:, order]; or leave it to pack_padded_sequence(enforce_sorted=False)",
)


@rule("RNN513", "rows-in-different-order", Severity.ERROR, OrdersMet)
def rows_in_different_order(event: OrdersMet) -> Iterator[Problem]:
    """Rows of the same batch are laid side by side in two different orders.

    What it does
    ------------
    Follows the order of the rows through sorting and indexing, and looks for a step that joins
    tensors of the same batch of which one is sorted and the other is not. States that differ from
    sample to sample are such a tensor.

    Why is this bad?
    ----------------
    Row i of one belongs to another sample than row i of the other. Sorting a batch for packing
    needs undoing on everything that comes out: on the output and on the state.

    Example
    -------
        gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(10, 2)
        x, lengths = torch.randn(3, 5, 4), torch.tensor([2, 5, 3])
        lengths, order = lengths.sort(descending=True)
        _, h_n = gru(pack_padded_sequence(x[order], lengths, batch_first=True))  # RNN513
        logits = head(torch.cat([h_n[-1], x[:, 0]], dim=-1))

    Use instead
    -----------
        gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(10, 2)
        x, lengths = torch.randn(3, 5, 4), torch.tensor([2, 5, 3])
        lengths, order = lengths.sort(descending=True)
        _, h_n = gru(pack_padded_sequence(x[order], lengths, batch_first=True))
        h_n = h_n[:, order.argsort()]
        logits = head(torch.cat([h_n[-1], x[:, 0]], dim=-1))
    """
    what, fix = _STATES if event.kind == "states" else _OUTPUTS
    yield Problem(
        f"{event.size} rows of one batch meet in two orders: {what}",
        fix,
        event.location,
        at(event.sorted_at if event.sorted_at != event.location else None, "they meet here"),
    )
