"""inspect_model(model, *args): every recurrent layer of a live model, and its real calls.

The model runs once, under hooks that are gone afterwards, and is left as it was. When it raises,
what was seen until then is the answer, with the reason, instead of the exception.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from torch import nn
from torch.nn.modules.lazy import LazyModuleMixin

from rnnscope.call import Call
from rnnscope.config import RNNConfig
from rnnscope.errors import CallError, SubjectError
from rnnscope.facts import Difference, LayerFacts, differences
from rnnscope.failures import failure_of
from rnnscope.findings import Finding
from rnnscope.frames import steps
from rnnscope.live_specs import sketch
from rnnscope.measuring.call_hooks import Observation, run_observed
from rnnscope.measuring.find_layers import LiveLayer, layers_of, unwrapped
from rnnscope.measuring.measurement import call_of, facts_of
from rnnscope.measuring.preserve_model import untouched
from rnnscope.measuring.random_run import measure_module
from rnnscope.prediction import predict
from rnnscope.rules import examine
from rnnscope.subjects import LayerCall


@dataclass(frozen=True, slots=True)
class CallInspection:
    """One call of a layer, predicted and measured; ``count`` calls had these same shapes.

    ``index`` counts the calls of this layer from 0. ``incomplete`` says why no tensors were
    measured, None when they were. Of a layer that was not called ``count`` is 0, and no tensors are
    predicted: nobody knows what it would be called with.
    """

    predicted: LayerFacts
    measured: LayerFacts
    incomplete: str | None = None
    index: int = 0
    count: int = 1

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Where torch did something else than predicted; empty when all agrees."""
        return differences(self.predicted, self.measured)


@dataclass(frozen=True, slots=True)
class LayerInspection:
    """One recurrent layer of a model: its names, its options, and its calls.

    There is always at least one; of a layer that was not called its ``count`` is 0.
    """

    paths: tuple[str, ...]
    config: RNNConfig
    calls: tuple[CallInspection, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelFailure:
    """The exception with which a model ended, and what explains it.

    ``path`` is the innermost module that was running; ``call`` is that module's call when it is a
    recurrent layer.
    """

    exception: str
    message: str
    path: str | None = None
    call: LayerCall | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelInspection:
    """All recurrent layers of a model, in the order of their first call, uncalled ones last."""

    name: str
    layers: tuple[LayerInspection, ...]
    failure: ModelFailure | None = None

    @property
    def single(self) -> bool:
        """True when the model itself is a recurrent layer."""
        return self.layers[0].paths[0] == ""


def inspect_model(model: Any, *args: Any, **kwargs: Any) -> ModelInspection:
    """Inspect every recurrent layer in a model; with arguments, run the model on them once.

    Without arguments nothing of a model is run; a model that is itself a recurrent layer is run on
    random inputs of a default Call. Raises SubjectError for a model without a recurrent layer.

    >>> import torch
    >>> found = inspect_model(nn.Sequential(nn.LSTM(10, 20)), torch.zeros(5, 3, 10))
    >>> found.layers[0].paths, found.layers[0].calls[0].measured.tensor("h_n").shape
    (('0',), (1, 3, 20))
    """
    if isinstance(model, nn.Module):
        model = unwrapped(model)
    layers = layers_of(model)
    name = type(model).__name__
    if not args and not kwargs:
        return ModelInspection(name, tuple(_not_run(layer) for layer in layers))
    _require_materialized(model)
    seen = [Observation(layer) for layer in layers]
    failure = None
    try:
        with untouched(model):
            run_observed(model, args, kwargs, seen)
    except Exception as error:
        failure = _failure(model, error, seen)
    seen.sort(key=lambda one: (one.first is None, one.first))
    return ModelInspection(name, tuple(_inspected(one, failure) for one in seen), failure)


def _require_materialized(model: nn.Module) -> None:
    for path, module in model.named_modules():
        lazy = isinstance(module, LazyModuleMixin)
        if lazy and module.has_uninitialized_params():
            raise SubjectError(
                f"{path or type(module).__name__} has no sizes yet, and a first run would give it "
                "some: run the model once, then inspect it."
            )


def _not_run(layer: LiveLayer) -> LayerInspection:
    """A layer of a model without inputs; one that is the model is tried on inputs of our own."""
    if layer.paths[0] or not _plain_forward(layer):
        return _not_called(layer, "not run: give the model's inputs to see its calls")
    with untouched(layer.module):
        trial = measure_module(layer.module, layer.config)
    inspected = CallInspection(_predicted(layer, Call()), trial.facts, trial.incomplete)
    return LayerInspection(layer.paths, layer.config, (inspected,), layer.notes)


def _not_called(layer: LiveLayer, why: str) -> LayerInspection:
    measured = facts_of(layer.config, layer.module)
    inspected = CallInspection(_parameters(layer), measured, why, count=0)
    return LayerInspection(layer.paths, layer.config, (inspected,), layer.notes)


def _parameters(layer: LiveLayer) -> LayerFacts:
    """What is so of a layer whatever it is called with."""
    return replace(_predicted(layer, Call()), tensors=(), packed=None, macs=None)


def _plain_forward(layer: LiveLayer) -> bool:
    """True when calling the layer does what torch.nn's class of that kind does."""
    own = getattr(nn, layer.config.kind).forward
    return type(layer.module).forward is own


def _predicted(layer: LiveLayer, call: Call) -> LayerFacts:
    facts = predict(layer.config, call)
    return replace(facts, parameters=()) if layer.quantized else facts


def _called(seen: Observation) -> Iterator[CallInspection]:
    """The calls that returned, each with what was to be expected of it."""
    for heard in seen.heard.values():
        predicted, facts, why = _parameters(seen.layer), heard.facts, None
        if facts is None:
            facts = facts_of(seen.layer.config, seen.layer.module)
            name = type(seen.layer.module).__name__
            why = f"{name}.forward takes or returns something of its own"
        else:
            predicted = _predicted(seen.layer, facts.call)
        yield CallInspection(predicted, facts, why, heard.index, heard.count)


def _raised(seen: Observation, why: str) -> Iterator[CallInspection]:
    """The call that raised, as what it would have been."""
    if seen.pending is None:
        return
    try:
        predicted = _predicted(seen.layer, call_of(seen.layer.config, *seen.pending))
    except CallError:
        predicted = _parameters(seen.layer)
    measured = facts_of(seen.layer.config, seen.layer.module)
    yield CallInspection(predicted, measured, why, seen.calls)


def _inspected(seen: Observation, failure: ModelFailure | None) -> LayerInspection:
    layer = seen.layer
    message = failure.message.partition("\n")[0] if failure else ""
    why = f"this call raised {failure.exception}: {message}" if failure else ""
    calls = (*_called(seen), *_raised(seen, why))
    if calls:
        return LayerInspection(layer.paths, layer.config, calls, layer.notes)
    why = "not reached: the model raised before" if failure else "not called"
    return _not_called(layer, "scripted: its calls cannot be seen" if layer.scripted else why)


def _failure(model: nn.Module, error: Exception, seen: list[Observation]) -> ModelFailure:
    failing = next((one for one in seen if one.pending is not None), None)
    failure = failure_of(error)
    name, message = type(error).__name__, str(error)
    if failing is None:
        return ModelFailure(name, message, _innermost(model, error), None, examine(failure))
    call = replace(_layer_call(failing), location=failure.location)
    found = examine(call)
    if not any(finding.severity.counts for finding in found):
        found = examine(replace(failure, call=call))
    return ModelFailure(name, message, failing.layer.paths[0], call, found)


def _layer_call(seen: Observation) -> LayerCall:
    input, hx = seen.pending or (None, None)
    return LayerCall(
        seen.layer.config,
        input=sketch(input),
        hx=sketch(hx),
        training=seen.layer.module.training,
        live=True,
    )


def _innermost(model: nn.Module, error: Exception) -> str | None:
    """The path of the innermost module whose method an exception went through."""
    paths = {id(module): path for path, module in model.named_modules()}
    found = None
    for entry in steps(error.__traceback__):
        found = paths.get(id(entry.tb_frame.f_locals.get("self")), found)
    return found
