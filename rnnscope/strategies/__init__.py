"""Hypothesis strategies for recurrent layers: configurations, calls, tensors, and mistakes.

    configs()                an RNNConfig that torch.nn accepts
    calls(config)            a Call of that layer: sizes, lengths, states given or not
    lengths()                the lengths of a packed batch
    modules(config)          the torch layer itself
    inputs(config, call)     its input: a tensor or a PackedSequence
    states(config, call)     its states: a tensor, a pair of tensors, or None
    broken_calls(config)     a call with one known mistake, named by its rule

Everything is small by default and shrinks to one layer of size 1. Importing this module imports
hypothesis and not torch, which is imported when the first tensor is drawn.
"""

from __future__ import annotations

from rnnscope.config import RNNConfig
from rnnscope.strategies.calls import calls, lengths
from rnnscope.strategies.configs import configs
from rnnscope.strategies.tensors import inputs, modules, states

__all__ = ["calls", "configs", "inputs", "lengths", "modules", "register", "states"]


def register() -> None:
    """Make ``st.from_type(RNNConfig)`` draw from ``configs()``; hypothesis calls this by itself."""
    from hypothesis import strategies as st

    st.register_type_strategy(RNNConfig, configs())
