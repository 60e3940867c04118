"""The results of a recurrent call, or anything of their shape, on axes that mean one thing each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from rnnscope.experiments.roles import packed_sizes
from rnnscope.recording.tape import Call, Layer, Tape


@dataclass(frozen=True, slots=True)
class Results:
    """What is so of every element of the results of one call.

    ``output`` is (steps, samples, directions, units), ``states``, h_n and c_n, are (layers,
    directions, samples, units); ``lengths`` are the steps of each sample, by packing, or without
    the padding that is seen at its end. Packed samples stand as the kernel has them, the longest
    first.
    """

    output: torch.Tensor
    states: tuple[torch.Tensor, ...]
    lengths: torch.Tensor
    packed: bool

    @property
    def seen(self) -> torch.Tensor:
        """How many inputs each output has seen, of padding none: (steps, samples, directions)."""
        steps, samples, directions, _ = self.output.shape
        count = torch.arange(1, steps + 1)[:, None].expand(steps, samples)
        both = [count.minimum(self.lengths), (self.lengths - count + 1).clamp(min=0)]
        return torch.stack(both[:directions], dim=2)


def laid_out(tape: Tape, call: Call, layer: Layer, given: Sequence[torch.Tensor]) -> Results:
    """Tensors of the shapes of a call's results, in order, with their axes taken apart."""
    directions = 1 + layer.bidirectional
    states = (state.reshape(layer.num_layers, directions, *state.shape[1:]) for state in given[1:])
    sizes = packed_sizes(tape, call)
    if sizes is None:
        output = given[0].transpose(0, 1) if layer.batch_first else given[0]
        value = tape.values[call.inputs[0]]
        lengths = torch.full(output.shape[1:2], len(output))
        if value is not None:
            lengths = _without_padding(value.transpose(0, 1) if layer.batch_first else value)
    else:
        valid = torch.arange(int(sizes[0])) < sizes.cpu()[:, None]
        output = given[0].new_zeros((*valid.shape, given[0].shape[-1]))
        output[valid] = given[0]
        lengths = valid.sum(0)
    output = output.reshape(*output.shape[:2], directions, -1)
    return Results(output, tuple(states), lengths, sizes is not None)


def _without_padding(value: torch.Tensor) -> torch.Tensor:
    """The steps of each sample of an input (steps, samples, features) before its padding.

    Padding is what one sample at least ends with twice: no data of its own repeats exactly.
    """
    steps = len(value)
    tails = (value == value[-1]).all(2).flip(0).long().cumprod(0).sum(0)
    repeated = value[-1][(tails > 1) & (tails < steps)]
    ends = (value[-1][:, None] == repeated[None]).all(2).any(1) & (tails < steps)
    return torch.where(ends, steps - tails, steps).cpu()
