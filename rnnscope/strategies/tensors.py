"""inputs(), states() and modules(): the real tensors and layers, drawn by a seed that shrinks to 0.

The numbers come from a generator of their own: torch's global random stream is as it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from rnnscope.call import Call
from rnnscope.config import RNNConfig
from rnnscope.strategies.calls import calls
from rnnscope.strategies.configs import configs

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.nn.utils.rnn import PackedSequence

_SEEDS = st.integers(0, 2**16)


def inputs(
    config: RNNConfig, call: Call | None = None
) -> st.SearchStrategy[Tensor | PackedSequence]:
    """Draw the input of a call: (L, N, H_in), (N, L, H_in) if batch_first, (L, H_in), or packed.

    Normally distributed, in the layer's dtype and on its device. Without ``call`` one is drawn.
    """
    if call is None:
        return calls(config).flatmap(lambda drawn: inputs(config, drawn))
    return _SEEDS.map(lambda seed: make_input(config, call, seed))


def states(config: RNNConfig, call: Call | None = None) -> st.SearchStrategy[Any]:
    """Draw what goes to a layer's second argument: h_0, the pair (h_0, c_0) of an LSTM, or None.

    (D*num_layers, N, H_out) each, H_cell for c_0; without N when unbatched; (N, H_cell) for a cell.
    None when ``call.states_given`` is False. Without ``call`` one with states is drawn.
    """
    if call is None:
        return calls(config, states_given=True).flatmap(lambda drawn: states(config, drawn))
    if not call.states_given:
        return st.none()
    return _SEEDS.map(lambda seed: make_states(config, call, seed))


def modules(
    config: RNNConfig | st.SearchStrategy[RNNConfig] | None = None,
) -> st.SearchStrategy[Any]:
    """Draw a torch layer: of one config, of a strategy of them, or of ``configs()``."""
    if config is None:
        config = configs()
    if isinstance(config, RNNConfig):
        return _SEEDS.map(lambda seed: make_module(config, seed))
    return st.builds(make_module, config, _SEEDS)


def make_input(config: RNNConfig, call: Call, seed: int = 0) -> Tensor | PackedSequence:
    """The input of a call, filled from ``seed``."""
    from rnnscope.measuring.random_run import random_arguments

    return random_arguments(config, call, seed)[0]


def make_states(config: RNNConfig, call: Call, seed: int = 0) -> Any:
    """The states of a call, filled from ``seed``, as the layer takes them; None if not given."""
    from rnnscope.measuring.random_run import random_arguments

    return random_arguments(config, call, seed)[1] if call.states_given else None


def make_module(config: RNNConfig, seed: int = 0) -> nn.Module:
    """The layer, with torch's own initial weights for ``seed``."""
    import torch

    if config.device == "meta":
        return config.build()
    # Drawn on the CPU and then moved: torch.manual_seed would seed every other device as well.
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return config.with_options(device="cpu").build().to(config.device)
