"""The reference as a module: it has torch's names, takes torch's arguments, and can stand in."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from rnnscope.axes import shape_text
from rnnscope.config import RNNConfig
from rnnscope.errors import CallError
from rnnscope.measuring.measurement import weights_of
from rnnscope.measuring.randomness import preserved_randomness
from rnnscope.reference.cells import STEPS, State, Weights
from rnnscope.reference.stack import DIRECTIONS, Plain, Recurrence, run_layers
from rnnscope.reference.steps import Aloud, Listener

Hidden: TypeAlias = Tensor | tuple[Tensor, Tensor]


def weight_names(config: RNNConfig, layer: int, direction: str) -> tuple[str | None, ...]:
    """torch's own names for the Weights of one layer in one direction; None for what it has not.

    >>> weight_names(RNNConfig("GRU", 10, 20, bidirectional=True), 0, "backward")[0]
    'weight_ih_l0_reverse'
    """
    suffix = "" if config.single_step else f"_l{layer}" + "_reverse" * (direction == "backward")
    biases = [f"bias_{part}{suffix}" if config.bias else None for part in ("ih", "hh")]
    projection = f"weight_hr{suffix}" if config.proj_size else None
    return f"weight_ih{suffix}", f"weight_hh{suffix}", *biases, projection


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
        if self.config.single_step:
            return self._one_step(input, hx)
        if isinstance(input, PackedSequence):
            return self._packed(input, hx)
        return self._padded(input, hx)

    def _padded(self, input: Tensor, hx: Hidden | None) -> tuple[Tensor, Hidden]:
        batched = input.dim() == 3
        self._check_input(input, (2, 3))
        time_axis = 1 if self.config.batch_first and batched else 0
        if not batched:
            input = input.unsqueeze(1)  # (L, H_in) -> (L, 1, H_in)
        elif time_axis == 1:
            input = input.transpose(0, 1)  # (N, L, H_in) -> (L, N, H_in)
        steps, batch, _ = input.shape
        if steps == 0:
            raise CallError("the input has no time step: give at least one.")
        start = self._start(input, hx, batch, batched)
        data, final = self._run(input.flatten(0, 1), [batch] * steps, start)
        output = data.reshape(steps, batch, data.shape[-1])  # (L, N, D*H_out)
        if not batched:
            return output.squeeze(1), _hidden(tuple(s.squeeze(1) for s in final))
        return output.transpose(0, 1) if time_axis else output, _hidden(final)

    def _packed(self, input: PackedSequence, hx: Hidden | None) -> tuple[PackedSequence, Hidden]:
        self._check_input(input.data, (2,))
        sizes = input.batch_sizes.tolist()
        start = self._start(input.data, hx, sizes[0], batched=True)
        if hx is not None and input.sorted_indices is not None:  # the user's order -> longest first
            start = tuple(s.index_select(1, input.sorted_indices) for s in start)
        data, final = self._run(input.data, sizes, start)
        if input.unsorted_indices is not None:  # longest first -> the user's order
            final = tuple(s.index_select(1, input.unsorted_indices) for s in final)
        output = PackedSequence(
            data, input.batch_sizes, input.sorted_indices, input.unsorted_indices
        )
        return output, _hidden(final)

    def _one_step(self, input: Any, hx: Hidden | None) -> Any:
        """A cell's call is a sequence of one step: (N, H_in) or (H_in,) -> (N, H_cell)."""
        self._check_input(input, (1, 2))
        batched = input.dim() == 2
        rows = input if batched else input.unsqueeze(0)
        start = self._start(rows, hx, len(rows), batched, cell=True)
        _, final = self._run(rows, [len(rows)], start)
        final = tuple(s.squeeze(0) for s in final)  # (1, N, H_cell) -> (N, H_cell)
        return _hidden(final if batched else tuple(s.squeeze(0) for s in final))

    def _run(self, data: Tensor, sizes: Sequence[int], start: State) -> tuple[Tensor, State]:
        layers, directions = range(self.config.num_layers), DIRECTIONS[: self.config.directions]
        cells = [[self._recurrence(layer, d) for d in directions] for layer in layers]
        weights = [[self.weights_of(layer, d) for d in directions] for layer in layers]
        dropout = self.config.dropout if self.training else 0.0
        return run_layers(cells, data, sizes, start, weights, dropout)

    def _recurrence(self, layer: int, direction: str) -> Recurrence:
        if self.listener is not None:
            return Aloud(self.config, layer, direction, self.listener)
        return Plain(STEPS[self.config.cell.name, self.config.nonlinearity])

    def weights_of(self, layer: int, direction: str) -> Weights:
        """The weights of one layer in one direction, by the letters of the cells' page."""
        names = weight_names(self.config, layer, direction)
        return Weights(*(getattr(self, name) if name else None for name in names))  # type: ignore[arg-type]

    def _named_shapes(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        for layer in range(self.config.num_layers):
            for direction in DIRECTIONS[: self.config.directions]:
                names = weight_names(self.config, layer, direction)
                for name, shape in zip(names, weight_shapes(self.config, layer), strict=True):
                    if name is not None:
                        yield name, shape

    def _check_input(self, input: Tensor, dimensions: tuple[int, ...]) -> None:
        if input.dim() not in dimensions or input.shape[-1] != self.config.input_size:
            allowed = " or ".join(map(str, dimensions))
            raise CallError(
                f"the input has shape {shape_text(tuple(input.shape))}: give {allowed} axes, "
                f"the last of size H_in = {self.config.input_size}."
            )

    def _start(
        self, data: Tensor, hx: Hidden | None, batch: int, batched: bool, cell: bool = False
    ) -> State:
        """The states before the first step, (D*num_layers, N, H_*): zeros unless they are given."""
        layers = self.config.num_layers * self.config.directions
        widths = [self.config.output_size, self.config.hidden_size][: len(self.config.cell.states)]
        if hx is None:
            return tuple(data.new_zeros(layers, batch, width) for width in widths)
        given = hx if isinstance(hx, (tuple, list)) else (hx,)
        if len(given) != len(widths):
            raise CallError(f"{self.config.kind} takes {len(widths)} states, not {len(given)}.")
        middle = (batch,) if batched else ()
        for letter, state, width in zip(self.config.cell.states, given, widths, strict=True):
            needed = (*middle, width) if cell else (layers, *middle, width)
            if tuple(state.shape) != needed:
                raise CallError(
                    f"{letter}_0 has shape {shape_text(tuple(state.shape))}: "
                    f"give {shape_text(needed)}."
                )
        return tuple(
            s.reshape(layers, batch, width) for s, width in zip(given, widths, strict=True)
        )


def _hidden(state: State) -> Any:
    """States as torch returns them: alone for RNN and GRU, a pair for the LSTM."""
    return state if len(state) > 1 else state[0]
