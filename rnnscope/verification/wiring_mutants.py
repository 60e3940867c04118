"""The stack of layers with its seams exposed, so that mistakes in the wiring can be computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import linear

from rnnscope.config import RNNConfig
from rnnscope.verification.cell_mutants import Step
from rnnscope.verification.probe import Outcome, Probe, Weights

States = tuple[Tensor, "Tensor | None"]


@dataclass(frozen=True, slots=True)
class Wiring:
    """How layers, directions and steps are joined; the defaults are torch's.

    previous  whose state a step starts from: "own", "below" (the lower layer's at this step),
              "shared" (one state handed through all layers), "first" (always the initial state)
    start     where a layer starts: "own" slot of h_0, "below" (the lower layer's last state),
              "slot 0" (the first slot for every layer), "zeros" (h_0 is ignored)
    weights   "own", or "layer 0" for every layer
    backward  "right", "unreversed" (reads forward), "unflipped" (output left in reading order),
              "tied" (the forward half's weights)
    joined    "forward backward", "backward forward" or "sum"
    output    "h", "c", "before" (the state before the step), "c and h swapped"
    order     "layer direction" or "direction layer", of h_n
    final     "last read" or "last position", of the backward half
    residual  each upper layer's input is added to its output
    """

    previous: str = "own"
    start: str = "own"
    weights: str = "own"
    backward: str = "right"
    joined: str = "forward backward"
    output: str = "h"
    order: str = "layer direction"
    final: str = "last read"
    residual: bool = False


@dataclass(frozen=True, slots=True)
class Stack:
    """A cell's step under a wiring: a function of weights and probe, like the oracle."""

    config: RNNConfig
    step: Step
    wiring: Wiring = Wiring()

    def __call__(self, weights: Weights, probe: Probe, states_given: bool) -> Outcome:
        """Run all layers; without ``states_given`` from zeros."""
        h_0, c_0 = probe.h_0, probe.c_0
        if not states_given or self.wiring.start == "zeros":
            h_0 = torch.zeros_like(h_0)
            c_0 = None if c_0 is None else torch.zeros_like(c_0)
        run = self._over_steps if self.wiring.previous in ("below", "shared") else self._over_layers
        output, finals = run(weights, probe.x, h_0, c_0)
        return self._outcome(output, finals)

    def _over_layers(
        self, weights: Weights, x: Tensor, h_0: Tensor, c_0: Tensor | None
    ) -> tuple[Tensor, list[States]]:
        finals: list[States] = []
        for layer in range(self.config.num_layers):
            halves = []
            for direction in range(self.config.directions):
                start = self._start(layer, direction, h_0, c_0, finals)
                half, final = self._run_layer(weights, layer, direction, x, start)
                halves.append(half)
                finals.append(final)
            joined = self._join(halves)
            x = joined + x if self.wiring.residual and layer else joined
        return x, finals

    def _run_layer(
        self, weights: Weights, layer: int, direction: int, x: Tensor, start: States
    ) -> tuple[Tensor, States]:
        backward = direction == 1
        cell = self._cell(weights, layer, backward)
        turned = backward and self.wiring.backward != "unreversed"
        state, outputs, states = start, [], []
        for x_t in (x.flip(0) if turned else x).unbind(0):
            before = start if self.wiring.previous == "first" else state
            state = cell(x_t, before)
            outputs.append(self._emitted(before, state))
            states.append(state)
        output = torch.stack(outputs)
        if turned and self.wiring.backward != "unflipped":
            output = output.flip(0)
        return output, states[0] if backward and self.wiring.final == "last position" else state

    def _over_steps(
        self, weights: Weights, x: Tensor, h_0: Tensor, c_0: Tensor | None
    ) -> tuple[Tensor, list[States]]:
        """Steps outside, layers inside: where a layer is handed the lower one's state."""
        layers = range(self.config.num_layers)
        states: list[States] = [(h_0[k], None if c_0 is None else c_0[k]) for k in layers]
        outputs: list[Tensor] = []
        for x_t in x.unbind(0):
            below = states[-1] if self.wiring.previous == "shared" else states[0]
            if self.wiring.previous == "shared" and not outputs:
                below = states[0]
            for k in layers:
                below = states[k] = self._cell(weights, k, False)(x_t, below)
                x_t = below[0]
            outputs.append(x_t)
        return torch.stack(outputs), states

    def _cell(self, weights: Weights, layer: int, backward: bool) -> Any:
        layer = 0 if self.wiring.weights == "layer 0" else layer
        backward = backward and self.wiring.backward != "tied"
        suffix = f"_l{layer}{'_reverse' if backward else ''}"
        gates = [gate.letter for gate in self.config.cell.gates]
        w_ih, w_hh, b_ih, b_hh = _named(weights, suffix, len(gates))
        w_hr = weights.get(f"weight_hr{suffix}")

        def step(x_t: Tensor, before: States) -> States:
            from_x = {g: linear(x_t, w, b) for g, w, b in zip(gates, w_ih, b_ih, strict=True)}

            def from_h(gate: str, v: Tensor) -> Tensor:
                k = gates.index(gate)
                return linear(v, w_hh[k], b_hh[k])

            h, c = self.step(from_x, from_h, *before)
            return (h if w_hr is None else linear(h, w_hr)), c

        return step

    def _start(
        self, layer: int, direction: int, h_0: Tensor, c_0: Tensor | None, finals: list[States]
    ) -> States:
        if self.wiring.start == "below" and layer:
            return finals[-self.config.directions]
        slot = 0 if self.wiring.start == "slot 0" else layer * self.config.directions + direction
        return h_0[slot], None if c_0 is None else c_0[slot]

    def _emitted(self, before: States, after: States) -> Tensor:
        if self.wiring.output == "before":
            return before[0]
        if self.wiring.output == "c" and after[1] is not None:
            return after[1]
        return after[0]

    def _join(self, halves: list[Tensor]) -> Tensor:
        if self.wiring.joined == "sum":
            return torch.stack(halves).sum(0)
        return torch.cat(halves if self.wiring.joined == "forward backward" else halves[::-1], -1)

    def _outcome(self, output: Tensor, finals: list[States]) -> Outcome:
        if self.wiring.order == "direction layer":
            finals = finals[0::2] + finals[1::2]
        h_n = torch.stack([h for h, _ in finals])
        cells = [c for _, c in finals if c is not None]
        c_n = torch.stack(cells) if cells else None
        return (
            Outcome(output, c_n, h_n)
            if self.wiring.output == "swapped"
            else Outcome(output, h_n, c_n)
        )


def _named(weights: Weights, suffix: str, gates: int) -> tuple[list[Any], ...]:
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    found = [weights.get(f"{name}{suffix}") for name in names]
    return tuple([None] * gates if value is None else list(value.chunk(gates)) for value in found)


# What is wrong in the wiring: the rule that reports it, the sentence, and the least that a
# configuration must have for it to be possible.
WIRINGS: tuple[tuple[Wiring, str, str, str], ...] = (
    (Wiring(previous="shared"), "layer-state",
     "all layers hand one state round: each takes the state of the layer below as its own "
     "previous state, and the first one continues from the top layer's", "layers"),
    (Wiring(previous="below"), "layer-state",
     "the upper layers take the lower layer's new state at this step as their own previous state",
     "layers"),
    (Wiring(start="below"), "layer-state",
     "each upper layer starts from the last state of the layer below, not from its own slot of h_0",
     "layers"),
    (Wiring(start="slot 0"), "layer-state",
     "every layer starts from the first slot of h_0, not from its own", "layers"),
    (Wiring(weights="layer 0"), "shared-weights",
     "all layers use the weights of one layer", "layers"),
    (Wiring(weights="layer 0", previous="shared"), "shared-weights",
     "all layers use one cell and one state", "layers"),
    (Wiring(residual=True), "equation",
     "each upper layer's input is added to its output", "layers"),
    (Wiring(start="zeros"), "state-ignored", "the initial states that are given are not used", ""),
    (Wiring(previous="first"), "state-ignored",
     "every step starts from the initial state: the state is not carried to the next step", ""),
    (Wiring(output="before"), "final-state",
     "the output at each step is the hidden state before it, one step late", ""),
    (Wiring(output="c"), "final-state", "the output is the cell state c, not h", "c"),
    (Wiring(output="swapped"), "final-state",
     "h_n and c_n are returned in each other's place", "c"),
    (Wiring(backward="unreversed"), "direction",
     "the backward half reads the sequence forwards", "directions"),
    (Wiring(backward="unflipped"), "direction",
     "the backward half's output is left in the order in which it was read: its step 0 stands "
     "for the last step", "directions"),
    (Wiring(backward="tied"), "direction",
     "the backward half uses the forward half's weights", "directions"),
    (Wiring(joined="backward forward"), "direction",
     "the backward half stands before the forward half", "directions"),
    (Wiring(order="direction layer"), "final-state",
     "the slots of h_n are ordered (direction, layer), torch's are (layer, direction)",
     "layers directions"),
    (Wiring(final="last position"), "final-state",
     "h_n of the backward half is taken at the last position, after it has read one step",
     "directions"),
    (Wiring(backward="unflipped", final="last position"), "direction",
     "the backward half's output is not turned back, and h_n is taken from the wrong end",
     "directions"),
    (Wiring(backward="unreversed", final="last position"), "direction",
     "the backward half reads the sequence forwards", "directions"),
)  # fmt: skip


def possible(needs: str, config: RNNConfig) -> bool:
    """Whether a configuration has what a wiring mistake needs."""
    has = {
        "layers": config.num_layers > 1,
        "directions": config.directions > 1,
        "c": "c" in config.cell.states,
    }
    return all(has[need] for need in needs.split())
