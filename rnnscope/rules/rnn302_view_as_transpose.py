"""RNN302: view or reshape where axes were to change places."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.axes import shape_text, tuple_text
from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import related
from rnnscope.rules.registry import Problem, rule
from rnnscope.tracing.events import Tangled


@rule("RNN302", "view-as-transpose", Severity.ERROR, Tangled)
def view_as_transpose(event: Tangled) -> Iterator[Problem]:
    """A view or reshape swaps the sizes of two axes without moving their elements.

    What it does
    ------------
    Looks for a regrouping whose sizes are those of before in another order, on axes that a layer
    or a DataLoader has given a meaning.

    Why is this bad?
    ----------------
    ``view`` and ``reshape`` keep the elements in memory order. A (batch, time) tensor viewed as
    (time, batch) has the right shape and the wrong contents: steps of one sample lie in the rows
    of others.

    Example
    -------
        gru = nn.GRU(4, 6, batch_first=True)
        output, _ = gru(torch.randn(3, 5, 4))
        steps_first = output.reshape(5, 3, 6)  # RNN302

    Use instead
    -----------
        gru = nn.GRU(4, 6, batch_first=True)
        output, _ = gru(torch.randn(3, 5, 4))
        steps_first = output.transpose(0, 1)
    """
    if event.kind != "swapped":
        return
    yield Problem(
        f"{tuple_text(list(event.names))} = {shape_text(event.before)} is read as "
        f"{shape_text(event.after)} in memory order: the sizes change places, the elements do not",
        "use transpose or permute to move axes, then reshape if need be",
        related=related(event.evidence),
        values={"before": event.before, "after": event.after},
    )
