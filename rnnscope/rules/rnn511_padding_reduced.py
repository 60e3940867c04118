"""RNN511: maximum, mean or attention over the steps of padded sequences, without a mask."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at, related
from rnnscope.rules.registry import Problem, rule
from rnnscope.tracing.events import PaddingReduced


@rule("RNN511", "padding-reduced", Severity.WARNING, PaddingReduced)
def padding_reduced(event: PaddingReduced) -> Iterator[Problem]:
    """The padding of shorter sequences takes part in a mean, a maximum or an attention.

    What it does
    ------------
    Looks for an output over sequences of different lengths whose steps are reduced to one before
    any mask had its say. Where the sequences were never packed the program may not know their
    lengths, and it is a hint.

    Why is this bad?
    ----------------
    The shorter a sequence, the more of its result is padding: a mean is divided by the longest
    length, a maximum is at least the padding's 0, attention gives weight to what is not there.

    Example
    -------
        gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 2)
        x = pad_sequence([torch.randn(n, 4) for n in (5, 3, 2)], batch_first=True)
        packed = pack_padded_sequence(x, [5, 3, 2], batch_first=True)
        output, _ = pad_packed_sequence(gru(packed)[0], batch_first=True)
        logits = head(output.max(dim=1).values)  # RNN511

    Use instead
    -----------
        gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 2)
        x = pad_sequence([torch.randn(n, 4) for n in (5, 3, 2)], batch_first=True)
        packed = pack_padded_sequence(x, [5, 3, 2], batch_first=True)
        output, _ = pad_packed_sequence(
            gru(packed)[0], batch_first=True, padding_value=float("-inf")
        )
        logits = head(output.max(dim=1).values)
    """
    yield Problem(
        f"{event.operation} over {event.steps} steps, but these are {event.padded.because}: "
        "the padding of the shorter ones takes part",
        "mask the padding first: output.masked_fill(~mask, float('-inf')) for a maximum or a "
        "softmax, (output * mask).sum(1) / lengths for a mean",
        event.location,
        related((event.padded,)) + at(event.call, "the output comes from here"),
        severity=None if event.cut else Severity.HINT,
    )
