"""RNN310: an initial state whose batch lies where the layers belong."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.axes import shape_text
from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.tracing.events import StateAxes


@rule("RNN310", "state-lies-batch-first", Severity.ERROR, StateAxes)
def state_lies_batch_first(event: StateAxes) -> Iterator[Problem]:
    """An initial state has the samples on the axis of the layers, and its size fits by chance.

    What it does
    ------------
    Follows the axes of h_0 and c_0 from where they were computed. The rules about shapes find a
    state built batch first when its sizes do not fit; this one finds it when they do.

    Why is this bad?
    ----------------
    States are (D*num_layers, batch, H_out), also with batch_first=True. With as many samples as
    layers torch cannot see the difference: layer k of every sample starts from sample k.

    Example
    -------
        start, gru = nn.Linear(3, 12), nn.GRU(4, 6, num_layers=2, batch_first=True)
        x, static = torch.randn(2, 5, 4), torch.randn(2, 3)
        h_0 = start(static).view(2, 2, 6)  # RNN310
        output, h_n = gru(x, h_0)

    Use instead
    -----------
        start, gru = nn.Linear(3, 12), nn.GRU(4, 6, num_layers=2, batch_first=True)
        x, static = torch.randn(2, 5, 4), torch.randn(2, 3)
        h_0 = start(static).view(2, 2, 6).transpose(0, 1).contiguous()
        output, h_n = gru(x, h_0)
    """
    config = event.config
    layers = "D*num_layers" if config.bidirectional else "num_layers"
    forward = f"h_n[{[*range(0, 2 * config.num_layers, 2)]}]"
    turned = f"{event.name} = {event.name}.transpose(0, 1).contiguous()"
    yield Problem(
        f"{event.name} {shape_text(event.shape)} is read as ({layers}, batch, H_out), but "
        f"{event.problem}: the sizes fit by chance",
        forward if "directions" in event.problem else turned,
        event.location,
        at(event.built_at, f"the {config.kind} is built here"),
    )
