"""One call of a whole layer: any layout of torch's becomes rows in order of time, and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from rnnscope.axes import shape_text
from rnnscope.config import RNNConfig
from rnnscope.errors import CallError
from rnnscope.reference.cells import STEPS, State, Weights
from rnnscope.reference.equation_interpreter import Aloud, Listener
from rnnscope.reference.stack import DIRECTIONS, Plain, Recurrence, run_layers

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


def weights_by_layer(
    config: RNNConfig, tensor: Callable[[str], Any]
) -> tuple[tuple[Weights, ...], ...]:
    """The Weights of every layer and direction, [layer][direction]; ``tensor`` knows the names."""

    def weights(layer: int, direction: str) -> Weights:
        names = weight_names(config, layer, direction)
        found: list[Any] = [tensor(name) if name else None for name in names]
        return Weights(*found)

    directions = DIRECTIONS[: config.directions]
    return tuple(tuple(weights(n, d) for d in directions) for n in range(config.num_layers))


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A configuration with weights, as a function: what torch's forward takes and returns.

    ``weights`` are indexed [layer][direction]. ``dropout`` is the rate between layers in this call.
    ``listener`` is called with every Step; each gate is then computed by itself.
    """

    config: RNNConfig
    weights: Sequence[Sequence[Weights]]
    dropout: float = 0.0
    listener: Listener | None = None

    def __call__(self, input: Tensor | PackedSequence, hx: Hidden | None = None) -> Any:
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
        return run_layers(cells, data, sizes, start, self.weights, self.dropout)

    def _recurrence(self, layer: int, direction: str) -> Recurrence:
        if self.listener is not None:
            return Aloud(self.config, layer, direction, self.listener)
        return Plain(STEPS[self.config.cell.name, self.config.nonlinearity])

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
