"""The gates of every recurrent layer of a model, on what the model gives them in one run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from rnnscope.config import RNNConfig
from rnnscope.errors import CallError
from rnnscope.gating.recording import Loss, scalar
from rnnscope.gating.report import Gates, gates_of_layer, gathered
from rnnscope.measuring.call_hooks import Observation, run_observed
from rnnscope.measuring.find_layers import layers_of
from rnnscope.measuring.measurement import arguments
from rnnscope.measuring.preserve_model import untouched
from rnnscope.recording.nest import map_tensors
from rnnscope.reference.agreement import tensors_of


@dataclass(frozen=True, slots=True, eq=False)
class _Call:
    """What a layer was given, cut off from the model's graph, and what it returned."""

    input: Any
    hx: Any
    result: Any


@dataclass(slots=True, eq=False)
class _LastCall(Observation):
    """The last call of a layer."""

    last: _Call | None = None

    def leave(self, args: Any, kwargs: Any, result: Any) -> None:
        input, hx = map_tensors(arguments(args, kwargs), Tensor.detach)
        self.last = _Call(input, hx, result)


def gates_of_model(
    model: nn.Module,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    loss: Loss | None = None,
    final: Callable[[RNNConfig], Loss] | None = None,
) -> Gates:
    """Run a model once and say what the gates of its torch layers did in their last call.

    ``loss`` is called with what the model returns; the gradient that it gives each layer's results
    is what that layer's gates are told with. ``final`` makes the loss of each layer where the
    model has none. The model is left as it was. Raises CallError, SubjectError, and what the model
    raises.
    """
    seen = [_LastCall(layer) for layer in layers_of(model)]
    with untouched(model), torch.set_grad_enabled(loss is not None):
        result = run_observed(model, tuple(args), dict(kwargs), seen)
        called = [(one.layer, one.last) for one in seen if one.last is not None]
        if not called:
            raise CallError("no recurrent layer of torch ran: give a model that calls one.")
        losses = [final(layer.config) if final else None for layer, _ in called]
        if loss is not None:
            losses = _of_each(scalar(loss, result), [last.result for _, last in called])
    return gathered(
        [
            gates_of_layer(layer.module, last.input, last.hx, of, layer.paths[0])
            for (layer, last), of in zip(called, losses, strict=True)
        ]
    )


def _of_each(loss: Tensor, returned: Sequence[Any]) -> list[Loss | None]:
    """For each layer a loss of its own results with the same gradient as the model's loss."""
    groups = [list(tensors_of([result])) for result in returned]
    flat = [tensor for group in groups for tensor in group]
    gradients = iter(torch.autograd.grad(loss, flat, allow_unused=True))
    return [_weighted([next(gradients) for _ in group]) for group in groups]


def _weighted(gradients: Sequence[Tensor | None]) -> Callable[..., Tensor] | None:
    """The sum of results, each weighted by its gradient; None where the loss reads none of them."""
    if all(gradient is None for gradient in gradients):
        return None

    def the_loss(*results: Any) -> Tensor:
        pairs = zip(tensors_of(results), gradients, strict=True)
        parts = [(result * weight).sum() for result, weight in pairs if weight is not None]
        return torch.stack(parts).sum()

    return the_loss
