"""RNN112: so many layers that another number was probably meant."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Construction

_DEEPEST = 16  # twice the depth of the deepest stacks in use, such as those of GNMT


@rule("RNN112", "many-layers", Severity.HINT, Construction)
def many_layers(construction: Construction) -> Iterator[Problem]:
    """num_layers is so large that a batch size or a length was probably meant.

    What it does
    ------------
    Looks for more than 16 layers.

    Why is this bad?
    ----------------
    The third positional argument of every recurrent layer is num_layers. A batch size or a sequence
    length that lands there builds a stack of that many layers, which runs, slowly, and does not
    learn.

    Example
    -------
    lstm = nn.LSTM(10, 20, 64)  # RNN112

    Use instead
    -----------
    lstm = nn.LSTM(10, 20, 2)
    """
    config = construction.config
    if config is not None and config.num_layers > _DEEPEST:
        yield Problem(
            f"num_layers={config.num_layers} is an unusually deep stack: the third positional "
            "argument is the number of layers, neither the batch size nor the sequence length.",
            f"{config.kind}({config.input_size}, {config.hidden_size})",
        )
