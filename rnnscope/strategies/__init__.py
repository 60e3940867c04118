"""Hypothesis strategies for recurrent layers: configurations, calls, tensors, and mistakes.

    configs()                an RNNConfig that torch.nn accepts
    calls(config)            a Call of that layer: sizes, lengths, states given or not
    lengths()                the lengths of a packed batch
    modules(config)          the torch layer itself
    inputs(config, call)     its input: a tensor or a PackedSequence
    states(config, call)     its states: a tensor, a pair of tensors, or None
    broken_calls(config)     a call with one known mistake, named by its rule
    sequence_inputs(4)       an input for any sequence module, of sizes that tell axes apart

Everything is small by default and shrinks to one layer of size 1. Importing this module imports
hypothesis and not torch, which is imported when the first tensor is drawn.
"""

from __future__ import annotations


def register() -> None:
    """Make ``st.from_type(RNNConfig)`` draw from ``configs()``; hypothesis calls this by itself."""
    from hypothesis import strategies as st

    from rnnscope.config import RNNConfig
    from rnnscope.strategies.configs import configs

    st.register_type_strategy(RNNConfig, configs())


# Below register: hypothesis asks for it while it is imported, which the next line begins.
from rnnscope.strategies.broken import BrokenCall, broken_calls  # noqa: E402
from rnnscope.strategies.calls import calls, lengths  # noqa: E402
from rnnscope.strategies.configs import configs  # noqa: E402
from rnnscope.strategies.sequences import sequence_inputs  # noqa: E402
from rnnscope.strategies.tensors import inputs, modules, states  # noqa: E402

__all__ = [
    "BrokenCall",
    "broken_calls",
    "calls",
    "configs",
    "inputs",
    "lengths",
    "modules",
    "register",
    "sequence_inputs",
    "states",
]
