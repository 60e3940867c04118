"""Whose gates are asked for: a live layer's, a configuration's, or those of a whole model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import nn

from rnnscope.call import Call
from rnnscope.config import RNNConfig
from rnnscope.errors import CallError
from rnnscope.gating.models import gates_of_model
from rnnscope.gating.recording import Loss
from rnnscope.gating.report import Gates, gates_of_layer
from rnnscope.measuring.find_layers import unwrapped
from rnnscope.measuring.inputs import random_inputs
from rnnscope.measuring.measurement import arguments
from rnnscope.measuring.random_run import measure_config, random_arguments
from rnnscope.verification.construct import built

_LAYERS = (nn.RNNBase, nn.RNNCellBase)


def gates_of(
    subject: Any, inputs: Sequence[Any], named: Mapping[str, Any], loss: Loss | None, seed: int
) -> Gates:
    """What ``rnnscope.gates`` returns."""
    input, hx = arguments(tuple(inputs), dict(named))
    if isinstance(subject, str):
        subject = RNNConfig.parse(subject)
    if isinstance(subject, RNNConfig):
        return gates_of_config(subject, Call(), input, hx, loss=loss, seed=seed)
    layer = unwrapped(subject) if hasattr(subject, "_modules") else subject
    if _holds_layers(layer):
        return gates_of_model(layer, inputs, named, loss)
    config = RNNConfig.of(layer)
    if input is None and config.device != "meta":
        input, hx = random_arguments(config, Call(), seed)
    return gates_of_layer(layer, input, hx, loss)


def _holds_layers(subject: Any) -> bool:
    """True for a model that is no recurrent layer itself."""
    if not isinstance(subject, nn.Module) or isinstance(subject, _LAYERS):
        return False
    return any(isinstance(part, _LAYERS) for part in subject.modules())


def gates_of_config(
    config: RNNConfig,
    call: Call,
    input: Any = None,
    hx: Any = None,
    *,
    loss: Loss | None = None,
    seed: int = 0,
) -> Gates:
    """The gates of a layer that is built from ``seed``, by default on a random input of a call.

    Raises CallError where it cannot be run, DeviceError.
    """
    trial = measure_config(config, call, seed=seed)
    if trial.incomplete is not None:
        raise CallError(f"no gates without a run: {trial.incomplete}.")
    if input is None:
        input, hx = trial.inputs
    return gates_of_layer(trial.module, input, hx, loss)


def gates_of_target(
    target: str,
    shapes: Sequence[str],
    written: str | None = None,
    *,
    final: Callable[[RNNConfig], Loss] | None = None,
    seed: int = 0,
) -> Gates:
    """The gates of each layer of ``path/to/file.py:Name``, on random inputs of these shapes.

    ``written`` are the arguments of the class; ``final`` makes a loss of what each layer returns.
    Raises TargetError, SubjectError, CallError.
    """
    if not shapes:
        raise CallError(
            f"the gates of {target} need a run: give the shape of its input, --input 3,5,10."
        )
    with built(target, written) as model:
        return gates_of_model(model, random_inputs(model, shapes, seed), {}, None, final)
