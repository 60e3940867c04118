"""RNN302: view or reshape where axes were to change places."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.axes import shape_text
from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import AxisTorn


@rule("RNN302", "view-as-transpose", Severity.ERROR, AxisTorn)
def view_as_transpose(torn: AxisTorn) -> Iterator[Problem]:
    """A view or reshape swaps the sizes of axes without moving their elements.

    What it does
    ------------
    Looks for a regrouping whose sizes are those of before in another order, and runs the step
    again with single slices changed: they were apart along their axis, and are afterwards apart
    along none.

    Why is this bad?
    ----------------
    ``view`` and ``reshape`` keep the elements in memory order. A (batch, channels, width) tensor
    viewed as (batch, width, channels) has the right shape and the wrong contents: each step holds
    pieces of a few channels, and no step holds one column.

    Example
    -------
        conv = nn.Conv1d(4, 6, 3)
        gru = nn.GRU(6, 8, batch_first=True)
        head = nn.Linear(8, 2)
        features = conv(torch.randn(3, 4, 9)).view(3, 7, 6)  # RNN302
        output, _ = gru(features)
        F.cross_entropy(head(output[:, -1]), torch.tensor([0, 1, 0])).backward()

    Use instead
    -----------
        conv = nn.Conv1d(4, 6, 3)
        gru = nn.GRU(6, 8, batch_first=True)
        head = nn.Linear(8, 2)
        features = conv(torch.randn(3, 4, 9)).transpose(1, 2)
        output, _ = gru(features)
        F.cross_entropy(head(output[:, -1]), torch.tensor([0, 1, 0])).backward()
    """
    yield Problem(
        f"{shape_text(torn.before)} is read as {shape_text(torn.after)} in memory order: the sizes "
        f"change places, the elements do not. What had places of its own along one axis is "
        f"scattered, and {torn.reader}() computes with the pieces",
        "use transpose or permute to move axes, then reshape if need be",
        related=at(torn.read_at if torn.read_at != torn.location else None, "it is read here"),
        values={"before": torn.before, "after": torn.after},
    )
