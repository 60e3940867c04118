"""RNN512: the last step of a padded batch."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import related
from rnnscope.rules.registry import Problem, rule
from rnnscope.tracing.events import Usage


@rule("RNN512", "last-step-is-padding", Severity.WARNING, Usage)
def last_step_is_padding(usage: Usage) -> Iterator[Problem]:
    """The last step of a padded batch is read: for the shorter sequences it is padding.

    What it does
    ------------
    Looks for ``output[:, -1]`` where ``pad_sequence`` or the lengths given to
    ``pack_padded_sequence`` say that the sequences end at different steps.

    Why is this bad?
    ----------------
    After a packed call the last step of a shorter sequence is zeros; without packing it is the
    state after a run over padding. Either way the result depends on the longest neighbour.

    Example
    -------
        gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 2)
        x = pad_sequence([torch.randn(n, 4) for n in (5, 3, 2)], batch_first=True)
        output, _ = gru(x)
        logits = head(output[:, -1])  # RNN512

    Use instead
    -----------
        gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 2)
        x = pad_sequence([torch.randn(n, 4) for n in (5, 3, 2)], batch_first=True)
        _, h_n = gru(pack_padded_sequence(x, [5, 3, 2], batch_first=True))
        logits = head(h_n[-1])
    """
    if usage.padded is None or usage.steps <= 1:
        return
    read = [part for part in usage.parts if part.result == "output"]
    if not read or len(read) != len(usage.parts) or any(part.step != -1 for part in read):
        return
    what = "zeros" if usage.cut else "the state after a run over padding"
    yield Problem(
        f"this is step {usage.steps - 1} of all, but these are {usage.padded.because}: for the "
        f"shorter ones it is {what}",
        "take h_n of a packed call, or output[torch.arange(N), lengths - 1]",
        read[0].location,
        related((usage.padded,)),
    )
