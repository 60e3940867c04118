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
    directions, samples, units); ``valid`` (steps, samples) is False where packing left steps out.
    Packed samples stand as the kernel has them, the longest first.
    """

    output: torch.Tensor
    states: tuple[torch.Tensor, ...]
    valid: torch.Tensor
    packed: bool

    @property
    def lengths(self) -> torch.Tensor:
        """The steps of each sample."""
        return self.valid.sum(0)

    @property
    def seen(self) -> torch.Tensor:
        """How many inputs each output has seen: (steps, samples, directions)."""
        count = torch.arange(1, len(self.valid) + 1)[:, None].expand(self.valid.shape)
        both = [count, self.lengths - count + 1]
        return torch.stack(both[: self.output.shape[2]], dim=2)


def laid_out(tape: Tape, call: Call, layer: Layer, given: Sequence[torch.Tensor]) -> Results:
    """Tensors of the shapes of a call's results, in order, with their axes taken apart."""
    directions = 1 + layer.bidirectional
    states = (state.reshape(layer.num_layers, directions, *state.shape[1:]) for state in given[1:])
    sizes = packed_sizes(tape, call)
    if sizes is None:
        output = given[0].transpose(0, 1) if layer.batch_first else given[0]
        valid = torch.ones(output.shape[:2], dtype=torch.bool)
    else:
        valid = torch.arange(int(sizes[0])) < sizes.cpu()[:, None]
        output = given[0].new_zeros((*valid.shape, given[0].shape[-1]))
        output[valid] = given[0]
    output = output.reshape(*valid.shape, directions, -1)
    return Results(output, tuple(states), valid, sizes is not None)
