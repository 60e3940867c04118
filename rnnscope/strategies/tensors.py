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


def input_shape(config: RNNConfig, call: Call) -> tuple[int, ...]:
    """The shape of the input; for a packed call that of the padded tensor to pack."""
    batch = (call.batch,) if call.batched else ()
    if config.single_step:
        return (*batch, config.input_size)
    leading = (*batch, call.seq_len) if config.batch_first else (call.seq_len, *batch)
    return (*leading, config.input_size)


def state_shapes(config: RNNConfig, call: Call) -> tuple[tuple[int, ...], ...]:
    """The shapes of h_0, and of c_0 where the cell has one."""
    batch = (call.batch,) if call.batched else ()
    layers = () if config.single_step else (config.directions * config.num_layers,)
    widths = {"h": config.output_size, "c": config.hidden_size}
    return tuple((*layers, *batch, widths[state]) for state in config.cell.states)


def make_input(config: RNNConfig, call: Call, seed: int = 0) -> Tensor | PackedSequence:
    """The input of a call, filled from ``seed``."""
    from torch.nn.utils.rnn import pack_padded_sequence

    (tensor,) = _normal([input_shape(config, call)], config, seed)
    if call.lengths is None:
        return tensor
    return pack_padded_sequence(
        tensor, list(call.lengths), batch_first=config.batch_first, enforce_sorted=call.sorted
    )


def make_states(config: RNNConfig, call: Call, seed: int = 0) -> Tensor | tuple[Tensor, ...] | None:
    """The states of a call, filled from ``seed``, as the layer takes them; None if not given."""
    if not call.states_given:
        return None
    made = tuple(_normal(state_shapes(config, call), config, seed))
    return made if len(made) > 1 else made[0]


def make_module(config: RNNConfig, seed: int = 0) -> nn.Module:
    """The layer, with torch's own initial weights for ``seed``."""
    import torch

    devices = [config.device] if config.device.startswith("cuda") else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        return config.build()


def _normal(shapes: Any, config: RNNConfig, seed: int) -> list[Tensor]:
    import torch

    generator = torch.Generator().manual_seed(seed)
    dtype = getattr(torch, config.dtype)
    # Drawn on the CPU, so that the same seed gives the same numbers on every device.
    return [
        torch.randn(shape, generator=generator, dtype=dtype).to(config.device) for shape in shapes
    ]
