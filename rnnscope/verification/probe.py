"""Probe: what a layer is tried on, with sizes chosen so that no two axes can be confused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from rnnscope.config import RNNConfig

Weights = dict[str, Tensor]

# Two options that change no size and no weight, put aside so that every comparison runs time first.
_PLAIN: dict[str, Any] = {"batch_first": False, "dropout": 0.0}
_PRIMES = (5, 3, 7, 11, 13, 17, 19, 23)  # sizes: no two axes are alike, and no size divides another


@dataclass(frozen=True, slots=True)
class Outcome:
    """The results of a layer, brought into torch's own layout whatever the layer's own is.

    ``output`` is (L, N, D*H_out), ``h_n`` (D*num_layers, N, H_out) and ``c_n`` (D*num_layers, N,
    H_cell); what a layer does not return is None.
    """

    output: Tensor | None = None
    h_n: Tensor | None = None
    c_n: Tensor | None = None

    def tensors(self) -> dict[str, Tensor]:
        """The results that there are, by name."""
        named = {"output": self.output, "h_n": self.h_n, "c_n": self.c_n}
        return {name: value for name, value in named.items() if value is not None}

    def vector(self, names: tuple[str, ...]) -> Tensor:
        """All numbers of the results of these names, end to end."""
        tensors = self.tensors()
        return torch.cat([tensors[name].reshape(-1) for name in names])


@dataclass(frozen=True, slots=True)
class Probe:
    """One input (L, N, H_in) and its initial states (D*num_layers, N, H_*), time first."""

    config: RNNConfig
    x: Tensor
    h_0: Tensor
    c_0: Tensor | None
    tokens: Tensor | None = None

    @classmethod
    def of(cls, config: RNNConfig, seed: int = 0) -> Probe:
        """Random numbers from a generator of their own; torch's global stream is not touched."""
        taken = {config.input_size, config.hidden_size, config.output_size, config.num_layers}
        taken |= {config.directions * config.num_layers, config.directions * config.output_size}
        batch, seq_len = [prime for prime in _PRIMES if prime not in taken][:2]
        layers = config.directions * config.num_layers
        draw = Draw(config, seed)
        x = 1.5 * draw(seq_len, batch, config.input_size)
        h_0 = 0.5 * draw(layers, batch, config.output_size)
        has_c = "c" in config.cell.states
        return cls(config, x, h_0, draw(layers, batch, config.hidden_size) if has_c else None)

    @property
    def seq_len(self) -> int:
        return int(self.x.shape[0])

    @property
    def batch(self) -> int:
        return int(self.x.shape[1])

    @property
    def layers(self) -> int:
        """D*num_layers, the number of slots of a state."""
        return int(self.h_0.shape[0])


class Draw:
    """Normal numbers of a configuration's dtype and device, the same for the same seed."""

    def __init__(self, config: RNNConfig, seed: int) -> None:
        self.place = {"dtype": getattr(torch, config.dtype), "device": config.device}
        self.generator = torch.Generator().manual_seed(seed)

    def __call__(self, *shape: int) -> Tensor:
        numbers = torch.randn(*shape, generator=self.generator, dtype=torch.float64)
        return numbers.to(**self.place)


def plain(config: RNNConfig) -> RNNConfig:
    """The layer that computes the same with torch's default layout, cells as one-layer stacks."""
    if config.single_step:
        return RNNConfig(
            config.cell.name,
            config.input_size,
            config.hidden_size,
            nonlinearity=config.nonlinearity,
            bias=config.bias,
            dtype=config.dtype,
            device=config.device,
        )
    return config.with_options(**_PLAIN)


def push(x: Tensor) -> Tensor:
    """A change of one input, different in each feature: a normalisation would drop an equal one."""
    return torch.linspace(1.5, -0.5, x.shape[-1], dtype=x.dtype, device=x.device)


def largest(a: Tensor, b: Tensor) -> float:
    """The largest absolute difference; infinite when the shapes differ or a number is NaN."""
    if a.shape != b.shape:
        return float("inf")
    if not a.numel():
        return 0.0
    difference = float((a.detach().double() - b.detach().double()).abs().max())
    return float("inf") if difference != difference else difference
