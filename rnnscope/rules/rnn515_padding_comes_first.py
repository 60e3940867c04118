"""RNN515: sequences padded at the start, read as if they were padded at the end."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import PaddingFirst

_HOW = {
    "packed": "packing keeps the first steps of each sequence",
    "index": "lengths - 1 counts from the first step",
}


@rule("RNN515", "padding-comes-first", Severity.ERROR, PaddingFirst)
def padding_comes_first(event: PaddingFirst) -> Iterator[Problem]:
    """Sequences that begin with padding are packed, or read at the index ``lengths - 1``.

    What it does
    ------------
    Looks for sequences that ``pad_sequence(..., padding_side="left")`` or the program itself has
    padded at the start, and that ``pack_padded_sequence`` or an index takes for padded at the end.

    Why is this bad?
    ----------------
    A sequence of 5 steps in 26 has its words at 21 to 25. Packing keeps 0 to 4, which is padding,
    and drops the words; the state at index 4 has seen padding only.

    Example
    -------
        gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 2)
        x = torch.zeros(3, 5, 4)
        for row, length in enumerate((5, 3, 2)):
            x[row, 5 - length:] = torch.randn(length, 4)
        packed = pack_padded_sequence(x, [5, 3, 2], batch_first=True)  # RNN515
        logits = head(gru(packed)[1][-1])

    Use instead
    -----------
        gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 2)
        x = torch.zeros(3, 5, 4)
        for row, length in enumerate((5, 3, 2)):
            x[row, :length] = torch.randn(length, 4)
        packed = pack_padded_sequence(x, [5, 3, 2], batch_first=True)
        logits = head(gru(packed)[1][-1])
    """
    shortest = min(event.lengths)
    yield Problem(
        f"these sequences begin with padding, and {_HOW[event.how]}: of one with {shortest} steps "
        f"in {event.steps} that is steps 0 to {shortest - 1}, where the padding is",
        "pad at the end, or read the last step of all: output[:, -1]"
        if event.how == "index"
        else "pad at the end",
        event.location,
        at(event.padded_at, "the sequences are padded here"),
    )
