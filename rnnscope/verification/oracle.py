"""Oracle: ``torch.nn``'s own layer as a function of its weights and a probe."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from rnnscope.config import RNNConfig
from rnnscope.verification.probe import Draw, Outcome, Probe, Weights

Function = Callable[[Weights, Probe, bool], Outcome]


class Oracle:
    """The layer that a hand-written one is compared with; calling it loads the weights and runs."""

    def __init__(self, config: RNNConfig) -> None:
        self.config = config
        with torch.random.fork_rng(devices=[]):
            self.module: nn.Module = config.build()
        self.module.eval()

    def __call__(self, weights: Weights, probe: Probe, states_given: bool) -> Outcome:
        self.load(weights)
        result = self.module(probe.x, states(probe)) if states_given else self.module(probe.x)
        output, final = result
        h_n, c_n = final if isinstance(final, tuple) else (final, None)
        return Outcome(output, h_n, c_n)

    def load(self, weights: Weights) -> None:
        """Copy weights in, by torch's names."""
        with torch.no_grad():
            for name, parameter in self.module.named_parameters():
                parameter.copy_(weights[name])

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The parameters by name, in torch's order."""
        return {name: tuple(value.shape) for name, value in self.module.named_parameters()}

    def constant(self) -> Weights:
        """Every weight the same number and every bias zero.

        Such weights mean the same in any gate order, any transposition and any stacking, so that a
        hand-written layer can be compared before anything is known of how it stores its own.
        """
        value = constant_value(self.config)
        place = {"dtype": getattr(torch, self.config.dtype), "device": self.config.device}
        return {
            name: torch.full(shape, 0.0 if "bias" in name else value, **place)
            for name, shape in self.shapes().items()
        }

    def random(self, seed: int) -> Weights:
        """Weights large enough that every term of the equations is felt."""
        draw = Draw(self.config, seed)
        return {
            name: draw(*shape) * (0.4 if "bias" in name else 0.9 / shape[-1] ** 0.5)
            for name, shape in self.shapes().items()
        }


def constant_value(config: RNNConfig) -> float:
    """Small enough that no gate saturates, whatever the sizes."""
    return 2.0 / (config.input_size + config.output_size)


def states(probe: Probe) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
    """The initial states as torch takes them: h_0, or the pair (h_0, c_0)."""
    return probe.h_0 if probe.c_0 is None else (probe.h_0, probe.c_0)
