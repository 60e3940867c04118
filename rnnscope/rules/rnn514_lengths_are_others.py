"""RNN514: the lengths that a call is given are not those of its sequences."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import LengthsDiffer

_HOW = {
    "packed": "the lengths for packing",
    "index": "the steps picked by an index",
    "mask": "the lengths of this mask",
    "number": "the lengths used here",
}
_WHAT = {
    "order": (
        "are those of other rows",
        "give data and lengths the same order: x[order] with lengths[order]; or sort neither, and "
        "pack with enforce_sorted=False",
    ),
    "short": (
        "are one short, and nothing reads the last step of any sequence",
        "count the steps, not the index of the last one: length = last index + 1",
    ),
    "counted": (
        "are too small for some: padding among the steps is not counted, and the last are left out",
        "take the lengths before padding: torch.tensor([len(s) for s in sequences])",
    ),
    "features": (
        "are the number of features: they were counted along another axis than that of the steps",
        "reduce the features first: (x.abs().sum(dim=2) > 0).sum(dim=1) with batch_first=True",
    ),
    "longer": (
        "count padding, so that it is read",
        "take the lengths before padding: torch.tensor([len(s) for s in sequences])",
    ),
}
_SHOWN = 6  # lengths: enough to see in which order they are


@rule("RNN514", "lengths-are-others", Severity.ERROR, LengthsDiffer)
def lengths_are_others(difference: LengthsDiffer) -> Iterator[Problem]:
    """The lengths, indices or mask that a call is given are not those of its sequences.

    What it does
    ------------
    Compares lengths with the sequences that they are given with, row by row: with what
    ``pad_sequence`` saw, or with the padding that the data shows. Which row is which is found by
    changing some samples. A common cap is taken for meant, and so are last steps that are left
    out but read elsewhere, as targets are.

    Why is this bad?
    ----------------
    With the lengths of other rows long sequences are cut off, and short ones are read with their
    padding. With the padded length for every row packing removes nothing, and the final state has
    read the padding. Lengths one short cut off the last step of every sequence, and lengths counted
    as the entries that are not 0 cut off more where 0 is a real value.

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
    what, fix = _WHAT[difference.kind]
    yield Problem(
        f"{_HOW[difference.how]} {what}: {_some(difference.given)} is given for sequences of "
        f"{_some(difference.real)} steps",
        fix,
        difference.location,
        at(difference.padded_at, "the sequences are padded here"),
    )


def _some(lengths: tuple[int, ...]) -> str:
    shown = ", ".join(map(str, lengths[:_SHOWN]))
    return f"({shown}, …)" if len(lengths) > _SHOWN else f"({shown})"
