"""RNN407: h_n.view(directions, layers, …) instead of (layers, directions, …)."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.axes import shape_text
from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import AxisSplit


@rule("RNN407", "directions-before-layers", Severity.ERROR, AxisSplit)
def directions_before_layers(split: AxisSplit) -> Iterator[Problem]:
    """The first axis of h_n is split into (directions, layers).

    What it does
    ------------
    Looks for a view of h_n or c_n whose new axes cut through the layers and directions.

    Why is this bad?
    ----------------
    The entries are layer 0 forward, layer 0 backward, layer 1 forward, and so on: the split is
    (num_layers, directions). The other way round gives entries of different layers the same place.

    Example
    -------
        gru, head = nn.GRU(4, 6, num_layers=3, bidirectional=True), nn.Linear(6, 2)
        _, h_n = gru(torch.randn(5, 7, 4))
        last = h_n.view(2, 3, 7, 6)[:, -1]  # RNN407
        F.cross_entropy(head(last.sum(0)), torch.randint(0, 2, (7,))).backward()

    Use instead
    -----------
        gru, head = nn.GRU(4, 6, num_layers=3, bidirectional=True), nn.Linear(6, 2)
        _, h_n = gru(torch.randn(5, 7, 4))
        last = h_n.view(3, 2, 7, 6)[-1]
        F.cross_entropy(head(last.sum(0)), torch.randint(0, 2, (7,))).backward()
    """
    if split.outer != "layers":
        return
    yield Problem(
        f"a state {shape_text(split.before)} of (layers*directions, batch, hidden) is split into "
        f"{shape_text(split.after)}, which cuts through layers and directions",
        "h_n.view(num_layers, 2, batch, hidden)",
        related=at(split.called_at, f"the {split.kind} runs here"),
    )
