"""RNN101: dropout on a layer that has no layer above it."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Construction


@rule("RNN101", "dropout-on-one-layer", Severity.WARNING, Construction)
def dropout_on_one_layer(construction: Construction) -> Iterator[Problem]:
    """Dropout on one layer does nothing.

    What it does
    ------------
    Looks for a dropout above 0 with num_layers=1.

    Why is this bad?
    ----------------
    The option puts dropout between the layers of a stack, and never after the last one. With one
    layer there is no place for it: the network trains without any.

    Example
    -------
    lstm = nn.LSTM(10, 20, dropout=0.3)  # RNN101

    Use instead
    -----------
    lstm = nn.LSTM(10, 20)
    dropout = nn.Dropout(0.3)
    output, _ = lstm(torch.randn(5, 3, 10))
    output = dropout(output)
    """
    config = construction.config
    if config is not None and config.dropout > 0 and config.num_layers == 1:
        if config.single_step:
            return
        yield Problem(
            f"dropout={config.dropout:g} does nothing with num_layers=1: it acts between the "
            "layers of a stack, never after the last one.",
            f"put nn.Dropout({config.dropout:g}) after the layer, or build it with num_layers=2",
        )
