"""Runner: a hand-written layer as a function of its weights and a probe, like the oracle."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from rnnscope.verification.conventions import Convention
from rnnscope.verification.module_snapshot import Pristine, weights_of, write
from rnnscope.verification.probe import Outcome, Probe
from rnnscope.verification.returns import Reading

_METHODS = ("forward", "__call__", "run", "step")


class Runner:
    """A layer that can be called again and again, each time as new, on weights copied into it."""

    def __init__(self, layer: Any) -> None:
        self.layer = layer
        self.pristine = Pristine(layer)
        self.embedding = embedding_of(layer)
        self.weights = {
            name: tensor
            for name, tensor in weights_of(layer).items()
            if self.embedding is None or tensor is not self.embedding.weight
        }
        self.scales = scales_of(layer)
        self.convention: Convention | None = None

    @property
    def function(self) -> Callable[..., Any]:
        """What is called: a module itself, so that its hooks run, or an object's method."""
        return self.layer if isinstance(self.layer, nn.Module) else method_of(self.layer)

    def read(self, probe: Probe, given: bool, convention: Convention | None = None) -> Reading:
        """One call as new. Raises what the layer raises, and Misread."""
        chosen = convention or self.convention
        assert chosen is not None
        self.pristine.restore()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return chosen.call(self.function, probe, given)

    def __call__(self, values: dict[str, Tensor], probe: Probe, given: bool) -> Outcome:
        """Copy values into the layer's own tensors and run it, without gradients."""
        write(self.weights, values)
        with torch.no_grad():
            return self.read(probe, given).outcome

    def values(self) -> dict[str, Tensor]:
        """The present values of the layer's tensors, copied."""
        return {name: tensor.detach().clone() for name, tensor in self.weights.items()}


def embedding_of(layer: Any) -> nn.Embedding | None:
    """The embedding in front of a layer that takes tokens, if it has exactly one."""
    if not isinstance(layer, nn.Module):
        return None
    found = [module for module in layer.modules() if isinstance(module, nn.Embedding)]
    return found[0] if len(found) == 1 else None


def scales_of(layer: Any) -> set[str]:
    """The parameters that multiply, those of normalisations: at zero nothing would pass them."""
    modules = layer.named_modules() if isinstance(layer, nn.Module) else ()
    return {
        f"{name}.weight".lstrip(".") for name, module in modules if "Norm" in type(module).__name__
    }


def with_tokens(probe: Probe, embedding: nn.Embedding | None) -> Probe:
    """The probe whose input is what the embedding makes of tokens; as it is without embedding."""
    if embedding is None:
        return probe
    count = probe.seq_len * probe.batch
    tokens = (torch.arange(count) * 7 + 1) % embedding.num_embeddings
    tokens = tokens.reshape(probe.seq_len, probe.batch).to(probe.x.device)
    return replace(probe, tokens=tokens, x=embedding.weight.detach()[tokens])


def method_of(layer: Any) -> Callable[..., Any]:
    """The method of a layer that computes. Raises AttributeError when it has none."""
    for name in _METHODS:
        if callable(getattr(layer, name, None)) and not isinstance(layer, type):
            return getattr(layer, name)  # type: ignore[no-any-return]
    raise AttributeError(name)
