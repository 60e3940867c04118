"""The reference as a module: it has torch's names, takes torch's arguments, and can stand in."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from rnnscope.config import RNNConfig
from rnnscope.measuring.measurement import weights_of
from rnnscope.measuring.randomness import preserved_randomness
from rnnscope.reference.cells import Weights
from rnnscope.reference.equation_interpreter import Listener
from rnnscope.reference.layer import Hidden, Layer, weight_names, weights_by_layer
from rnnscope.reference.stack import DIRECTIONS


def weight_shapes(config: RNNConfig, layer: int) -> tuple[tuple[int, ...], ...]:
    """The shapes of W_ih, W_hh, b_ih, b_hh and W_hr of a layer: the same in both directions."""
    rows = config.gate_multiple * config.hidden_size
    return (
        (rows, config.input_size_of(layer)),
        (rows, config.output_size),
        (rows,),
        (rows,),
        (config.output_size, config.hidden_size),
    )


class ReferenceRNN(nn.Module):
    """A from-scratch stand-in for any of torch's six recurrent classes.

    ``state_dict`` has torch's names, both ways, strictly. ``forward`` takes and returns what the
    torch class does: (L, N, H_in), (N, L, H_in) with batch_first, (L, H_in) unbatched, or packed;
    states or None. Initial weights are drawn as torch draws them: with the same seed they are
    the same. Raises CallError for an input or a state of another shape than the layer needs.

    In training mode dropout draws, on the CPU, the very masks that torch's layer draws from the
    same seed; cuDNN has a random stream of its own, which nothing outside it can draw from.

    ``listener``, when set, is called with every Step; each gate is then computed by itself.

    >>> layer = ReferenceRNN(RNNConfig("GRU", 10, 20))
    >>> output, h_n = layer(torch.zeros(5, 3, 10))
    >>> output.shape, h_n.shape
    (torch.Size([5, 3, 20]), torch.Size([1, 3, 20]))
    """

    def __init__(self, config: RNNConfig) -> None:
        super().__init__()
        self.config = config
        self.listener: Listener | None = None
        for name, value in config.arguments().items():
            setattr(self, name, value)
        for name, shape in self._named_shapes():
            weight = torch.empty(
                shape, dtype=getattr(torch, config.dtype), device=torch.device(config.device)
            )
            self.register_parameter(name, nn.Parameter(weight))
        self.reset_parameters()

    @classmethod
    def of(cls, module: nn.Module) -> ReferenceRNN:
        """A stand-in with copies of the module's weights, in the same training mode.

        Draws nothing from torch's random stream. Raises SubjectError for another class of module.
        """
        config = RNNConfig.of(module)
        reference = cls.__new__(ReferenceRNN)
        with preserved_randomness():
            ReferenceRNN.__init__(reference, config.with_options(device="meta"))
        reference.config = config
        weights = weights_of(module)
        for name in list(dict(reference.named_parameters())):
            weight = weights[name]
            copy = nn.Parameter(weight.detach().clone(), requires_grad=weight.requires_grad)
            setattr(reference, name, copy)
        return reference.train(module.training)

    def reset_parameters(self) -> None:
        """Draw every weight uniformly from ±1/sqrt(hidden_size), in torch's order."""
        bound = 1 / math.sqrt(self.config.hidden_size) if self.config.hidden_size else 0
        for weight in self.parameters():
            nn.init.uniform_(weight, -bound, bound)

    def flatten_parameters(self) -> None:
        """Does nothing: torch's layers have it for cuDNN, and training scripts call it."""

    def extra_repr(self) -> str:
        """The layer in torch's words, as ``RNNConfig`` writes it."""
        return str(self.config)

    def forward(self, input: Tensor | PackedSequence, hx: Hidden | None = None) -> Any:
        """(output, h_n) or (output, (h_n, c_n)); of a cell h', or (h', c')."""
        dropout = self.config.dropout if self.training else 0.0
        return Layer(self.config, self.weights(), dropout, self.listener)(input, hx)

    def weights(self) -> tuple[tuple[Weights, ...], ...]:
        """Every layer's weights in every direction, by the letters of the cells' page."""
        return weights_by_layer(self.config, lambda name: getattr(self, name))

    def _named_shapes(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        for layer in range(self.config.num_layers):
            for direction in DIRECTIONS[: self.config.directions]:
                names = weight_names(self.config, layer, direction)
                for name, shape in zip(names, weight_shapes(self.config, layer), strict=True):
                    if name is not None:
                        yield name, shape
