"""RNN411: the last step is looked for at the index of the length."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import IndexIsLength


@rule("RNN411", "index-is-length", Severity.ERROR, IndexIsLength)
def index_is_length(event: IndexIsLength) -> Iterator[Problem]:
    """Each sequence's output is read at its length, one step after its last one.

    What it does
    ------------
    Compares the index with which steps are picked, one for each sequence, with the true lengths
    of the sequences, where packing or ``pad_sequence`` told them.

    Why is this bad?
    ----------------
    Steps are counted from 0: the last one is at length - 1. What stands at the length is padding,
    after packing it is 0 for every shorter sequence.

    Example
    -------
        gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 2)
        x, lengths = torch.randn(3, 5, 4), torch.tensor([5, 3, 2])
        packed = pack_padded_sequence(x, lengths, batch_first=True)
        output, _ = pad_packed_sequence(gru(packed)[0], batch_first=True)
        last = lengths.clamp(max=4)  # RNN411
        logits = head(output[torch.arange(3), last])

    Use instead
    -----------
        gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 2)
        x, lengths = torch.randn(3, 5, 4), torch.tensor([5, 3, 2])
        packed = pack_padded_sequence(x, lengths, batch_first=True)
        output, _ = pad_packed_sequence(gru(packed)[0], batch_first=True)
        last = lengths - 1
        logits = head(output[torch.arange(3), last])
    """
    read = event.read_at if event.read_at != event.location else None
    yield Problem(
        "the output is read at the lengths of the sequences "
        f"({event.lengths[0]} to {event.lengths[-1]} of {event.steps} steps): the last step is at "
        "length - 1, what is read of the shorter ones is padding",
        "lengths - 1",
        event.location,
        at(read, "it is read here"),
    )
