"""RNN404: h_n[0] of a stack is its first layer."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.tracing.events import Usage


@rule("RNN404", "lower-layer-read", Severity.WARNING, Usage)
def lower_layer_read(usage: Usage) -> Iterator[Problem]:
    """A lower layer's final state is used, and the layers above it are thrown away.

    What it does
    ------------
    Looks for a layer with num_layers > 1 of whose results nothing but the state of layers below
    the last one is used.

    Why is this bad?
    ----------------
    h_n is (layers*directions, batch, H_out) with the first layer first: ``h_n[0]`` is the
    bottom of the stack. The layers above it are computed, ignored, and never learn.

    Example
    -------
        lstm = nn.LSTM(4, 6, num_layers=3, batch_first=True)
        head = nn.Linear(6, 2)
        _, (h_n, c_n) = lstm(torch.randn(3, 5, 4))
        logits = head(h_n[0])  # RNN404

    Use instead
    -----------
        lstm = nn.LSTM(4, 6, num_layers=3, batch_first=True)
        head = nn.Linear(6, 2)
        _, (h_n, c_n) = lstm(torch.randn(3, 5, 4))
        logits = head(h_n[-1])
    """
    layers = usage.config.num_layers
    if layers < 2 or not usage.parts:
        return
    if any(part.result == "output" or part.slot is None for part in usage.parts):
        return
    slots = {part.slot for part in usage.parts if part.slot is not None}
    picked = {index for what, index in usage.picked if what == "slot"}
    if len(slots) != 1 or picked != slots or layers - 1 in slots:
        return
    part = usage.parts[0]
    yield Problem(
        f"this is layer {part.slot} of {layers} of {part.result}: the layers above it are "
        "computed and thrown away",
        f"{part.result}[-1]  # the last layer"
        if not usage.config.bidirectional
        else "torch.cat([h_n[-2], h_n[-1]], dim=-1)",
        part.location,
        at(usage.built_at, f"the {usage.config.kind} with num_layers={layers} is built here"),
    )
