"""RNN514: the lengths for packing are not those of the sequences."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at, related
from rnnscope.rules.registry import Problem, rule
from rnnscope.tracing.events import LengthsDiffer


@rule("RNN514", "lengths-are-others", Severity.WARNING, LengthsDiffer)
def lengths_are_others(event: LengthsDiffer) -> Iterator[Problem]:
    """The lengths given to pack_padded_sequence are not those of the sequences that were padded.

    What it does
    ------------
    Compares the lengths with those that ``pad_sequence`` saw, whatever their order. A common cap
    and a common number of steps left out are taken for meant.

    Why is this bad?
    ----------------
    With the padded length for every row packing removes nothing, and the final state has read the
    padding. Lengths counted as the entries that are not 0 are too short where 0 is a real value:
    the end of the sequence is cut off.

    Example
    -------
        gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 2)
        x = pad_sequence([torch.randn(n, 4) for n in (5, 3, 2)], batch_first=True)
        lengths = torch.full((3,), x.size(1))
        _, h_n = gru(pack_padded_sequence(x, lengths, batch_first=True))  # RNN514
        logits = head(h_n[-1])

    Use instead
    -----------
        gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 2)
        x = pad_sequence([torch.randn(n, 4) for n in (5, 3, 2)], batch_first=True)
        lengths = torch.tensor([5, 3, 2])
        _, h_n = gru(pack_padded_sequence(x, lengths, batch_first=True))
        logits = head(h_n[-1])
    """
    wrong = [(n, m) for n, m in zip(event.given, event.real, strict=True) if n != m]
    given, real = wrong[0]
    place = event.counted or event.location
    yield Problem(
        f"{len(wrong)} of {len(event.real)} lengths for packing are not those of the sequences "
        f"that were padded: in order of size, {given} is given where the sequence has {real} steps",
        "take the lengths before padding: torch.tensor([len(s) for s in sequences])",
        place,
        related((event.padded,))
        + at(event.location if event.location != place else None, "they are packed here"),
    )
