"""The equations of one configuration: the table's, with its nonlinearity, biases and projection."""

from __future__ import annotations

import re

from rnnscope.config import RNNConfig

PROJECTION = "h_t = W_hr h_t"  # the LSTM's last line when proj_size > 0


def equations_of(config: RNNConfig) -> tuple[str, ...]:
    """The lines of one step, as the torch.nn documentation writes them.

    >>> equations_of(RNNConfig("RNN", 10, 20, nonlinearity="relu", bias=False))
    ('h_t = relu(W_ih x_t + W_hh h_(t-1))',)
    """
    lines = config.cell.equations + ((PROJECTION,) if config.proj_size else ())
    text = "\n".join(lines).replace("nonlinearity", config.nonlinearity or "")
    return tuple((text if config.bias else re.sub(r" \+ b_\w+", "", text)).splitlines())
