"""From one step to a whole layer: over time, in both directions, through the layers.

A batch of sequences is kept here as torch keeps packed ones: ``data`` holds the rows of step 0,
then those of step 1, and so on, and ``sizes[t]`` says how many samples run in step t. With
sequences of equal length every size is N, and data is the (L, N, H) tensor with its first two axes
as one. With packed sequences, longest first, the sizes fall, and a sample that has ended is simply
not there any more: nothing is computed for padding.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor
from torch.nn.functional import dropout as drop

from rnnscope.reference.cells import State, StepFunction, Weights, input_to_gates

DIRECTIONS = ("forward", "backward")


class Recurrence(Protocol):
    """How one layer computes in one direction."""

    def prepare(self, data: Tensor, w: Weights) -> Tensor:
        """Whatever can be computed for all steps at once: one row per row of data."""

    def step(self, x: Tensor, state: State, w: Weights, time: int) -> State:
        """One step: x holds the prepared rows of the samples that run."""


class Plain:
    """The cell as the page of cells has it."""

    def __init__(self, function: StepFunction) -> None:
        self.function = function

    def prepare(self, data: Tensor, w: Weights) -> Tensor:
        return input_to_gates(data, w)

    def step(self, x: Tensor, state: State, w: Weights, time: int) -> State:
        return self.function(x, state, w)


def run_forward(
    cell: Recurrence, data: Tensor, sizes: Sequence[int], start: State, w: Weights
) -> tuple[Tensor, State]:
    """From the first step to the last. A sample that ends keeps the state of its last real step.

    data (sum(sizes), H_in), start (N, H_*) -> outputs (sum(sizes), H_out), final state (N, H_*).
    """
    state, ended, outputs, running = start, [], [], sizes[0]
    for time, x in enumerate(cell.prepare(data, w).split_with_sizes(list(sizes))):
        if sizes[time] < running:
            running = sizes[time]
            ended.append(tuple(s[running:] for s in state))
            state = tuple(s[:running] for s in state)
        state = cell.step(x, state, w, time)  # (sizes[time], H_*)
        outputs.append(state[0])
    return torch.cat(outputs), _joined([state, *reversed(ended)])


def run_backward(
    cell: Recurrence, data: Tensor, sizes: Sequence[int], start: State, w: Weights
) -> tuple[Tensor, State]:
    """From the last step to the first. A shorter sample joins, from its own start, where it ends.

    Shapes as in ``run_forward``; the outputs are in the order of the input: row t was computed
    after the rows t+1, t+2, … and so has seen the future of step t, not its past.
    """
    running = sizes[-1]
    state, outputs = tuple(s[:running] for s in start), []
    steps = list(enumerate(cell.prepare(data, w).split_with_sizes(list(sizes))))
    for time, x in reversed(steps):
        if sizes[time] > running:
            joining = tuple(s[running : sizes[time]] for s in start)
            state, running = _joined([state, joining]), sizes[time]
        state = cell.step(x, state, w, time)  # (sizes[time], H_*)
        outputs.append(state[0])
    return torch.cat(outputs[::-1]), state


RUNS = {"forward": run_forward, "backward": run_backward}


def run_layers(
    cells: Sequence[Sequence[Recurrence]],
    data: Tensor,
    sizes: Sequence[int],
    start: State,
    weights: Sequence[Sequence[Weights]],
    dropout: float,
) -> tuple[Tensor, State]:
    """Every layer, in every direction; ``cells`` and ``weights`` are indexed [layer][direction].

    start (D*num_layers, N, H_*) -> outputs (sum(sizes), D*H_out), final state like start. The
    states lie layer by layer, forward before backward. Dropout falls between layers: never on the
    last layer's output, and never on the states.
    """
    finals: list[State] = []
    for layer, (layer_cells, layer_weights) in enumerate(zip(cells, weights, strict=True)):
        if layer > 0 and dropout > 0:
            data = drop(data, dropout)
        outputs = []
        for direction, cell, w in zip(DIRECTIONS, layer_cells, layer_weights, strict=False):
            own_start = tuple(s[len(finals)] for s in start)  # (N, H_*)
            output, final = RUNS[direction](cell, data, sizes, own_start, w)
            outputs.append(output)  # (sum(sizes), H_out)
            finals.append(final)
        data = torch.cat(outputs, dim=-1)  # (sum(sizes), D*H_out): what the next layer reads
    return data, tuple(torch.stack(s) for s in zip(*finals, strict=True))


def _joined(states: Sequence[State]) -> State:
    """States of several groups of samples as one: along the batch axis."""
    if len(states) == 1:
        return states[0]
    return tuple(torch.cat(s) for s in zip(*states, strict=True))
