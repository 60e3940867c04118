"""RNN516: lengths that are counted along the features."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.tracing.events import CountedElsewhere


@rule("RNN516", "counted-along-features", Severity.ERROR, CountedElsewhere)
def counted_along_features(event: CountedElsewhere) -> Iterator[Problem]:
    """The lengths for packing are counted along the features instead of the steps.

    What it does
    ------------
    Follows lengths back to the sum that counted them, and looks at the axis that it ran along in
    the very tensor that is packed.

    Why is this bad?
    ----------------
    Every length is then the number of features: all later steps are dropped, and nothing fails as
    long as there are more steps than features.

    Example
    -------
        x = torch.zeros(3, 9, 4)
        for row, length in enumerate((9, 7, 5)):
            x[row, :length] = torch.rand(length, 4) + 0.1
        lstm, x = nn.LSTM(4, 6, batch_first=True), nn.Linear(4, 4, bias=False)(x)
        lengths = (x.abs().sum(dim=1) > 0).sum(dim=1)  # RNN516
        _, (h_n, _) = lstm(pack_padded_sequence(x, lengths, batch_first=True))

    Use instead
    -----------
        x = torch.zeros(3, 9, 4)
        for row, length in enumerate((9, 7, 5)):
            x[row, :length] = torch.rand(length, 4) + 0.1
        lstm, x = nn.LSTM(4, 6, batch_first=True), nn.Linear(4, 4, bias=False)(x)
        lengths = (x.abs().sum(dim=2) > 0).sum(dim=1)
        _, (h_n, _) = lstm(pack_padded_sequence(x, lengths, batch_first=True))
    """
    yield Problem(
        f"the lengths are counted along the {event.counted} features: the other axis, of "
        f"{event.steps} steps, was summed away before",
        "reduce the features first: (x.abs().sum(dim=2) > 0).sum(dim=1) with batch_first=True",
        event.location,
        at(event.packed if event.packed != event.location else None, "they are for packing here"),
    )
