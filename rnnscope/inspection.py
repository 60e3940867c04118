"""inspect_model(model, *args): every recurrent layer of a live model, and its real calls.

The model runs once, under hooks that are gone afterwards, and is left as it was. When it raises,
what was seen until then is the answer, with the reason, instead of the exception.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.lazy import LazyModuleMixin
from torch.nn.utils.rnn import PackedSequence

from rnnscope.call import Call
from rnnscope.config import RNNConfig
from rnnscope.errors import CallError, SubjectError
from rnnscope.facts import Difference, LayerFacts, differences
from rnnscope.failures import failure_of
from rnnscope.findings import Finding
from rnnscope.frames import steps
from rnnscope.live import LiveLayer, layers_of, unwrapped
from rnnscope.measurement import arguments, call_of, facts_of
from rnnscope.prediction import predict
from rnnscope.rules import examine
from rnnscope.subjects import LayerCall
from rnnscope.tracing.sketching import sketch
from rnnscope.trial import measure_module
from rnnscope.untouched import untouched


@dataclass(frozen=True, slots=True)
class CallInspection:
    """One call of a layer, predicted and measured; ``count`` calls had these same shapes.

    ``index`` counts the calls of this layer from 0. ``incomplete`` says why no tensors were
    measured, None when they were.
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

    There is always at least one call; of a layer that was not called it is a default one, and its
    ``incomplete`` says so.
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

    >>> found = inspect_model(nn.Sequential(nn.LSTM(10, 20)), torch.zeros(5, 3, 10))
    >>> found.layers[0].paths, found.layers[0].calls[0].measured.tensor("h_n").shape
    (('0',), (1, 3, 20))
    """
    if isinstance(model, nn.Module):
        model = unwrapped(model)
    layers = layers_of(model)
    name = type(model).__name__
    if not args and not kwargs:
        alone = layers[0].paths[0] == ""
        return ModelInspection(name, tuple(_not_called(layer, run=alone) for layer in layers))
    _require_materialized(model)
    watched = [_Watched(layer) for layer in layers]
    failure = _run(model, args, kwargs, watched)
    called = [w for w in watched if w.first is not None]
    ordered = sorted(called, key=lambda w: w.first or 0)
    rest = [w for w in watched if w.first is None]
    why = "not reached: the model raised before" if failure else "not called"
    return ModelInspection(name, tuple(w.inspection(why) for w in (*ordered, *rest)), failure)


def _require_materialized(model: nn.Module) -> None:
    for path, module in model.named_modules():
        lazy = isinstance(module, LazyModuleMixin)
        if lazy and module.has_uninitialized_params():
            raise SubjectError(
                f"{path or type(module).__name__} has no sizes yet, and a first run would give it "
                "some: run the model once, then inspect it."
            )


def _not_called(layer: LiveLayer, run: bool) -> LayerInspection:
    call = Call()
    predicted = _predicted(layer, call)
    if run and _plain_forward(layer):
        with untouched(layer.module):
            trial = measure_module(layer.module, layer.config, call)
        inspected = CallInspection(predicted, trial.facts, trial.incomplete)
    else:
        why = "not run: give the model's inputs to see its calls"
        inspected = CallInspection(predicted, facts_of(layer.config, layer.module), why)
    return LayerInspection(layer.paths, layer.config, (inspected,), layer.notes)


def _plain_forward(layer: LiveLayer) -> bool:
    """True when calling the layer does what torch.nn's class of that kind does."""
    own = getattr(nn, layer.config.kind).forward
    return type(layer.module).forward is own


def _predicted(layer: LiveLayer, call: Call) -> LayerFacts:
    facts = predict(layer.config, call)
    return replace(facts, parameters=()) if layer.quantized else facts


@dataclass(slots=True, eq=False)
class _Watched:
    """A layer and the calls of it that were seen; ``first`` orders layers by their first call."""

    layer: LiveLayer
    seen: dict[Any, list[Any]] = field(default_factory=dict)
    first: int | None = None
    calls: int = 0
    pending: tuple[Any, Any] | None = None
    failed: CallInspection | None = None

    def enter(self, order: int, args: Any, kwargs: Any) -> None:
        if self.first is None:
            self.first = order
        self.pending = (args, kwargs)

    def leave(self, args: Any, kwargs: Any, result: Any) -> None:
        """Note a finished call; calls of shapes that were seen before are only counted."""
        self.pending = None
        input, hx = arguments(args, kwargs)
        key = (_signature(input), _signature(hx))
        if key in self.seen:
            self.seen[key][2] += 1
        else:
            self.seen[key] = [self.calls, self._facts(input, hx, result), 1]
        self.calls += 1

    def _facts(self, input: Any, hx: Any, result: Any) -> LayerFacts | None:
        """None for a class whose own forward takes or returns something else than torch's."""
        try:
            return facts_of(self.layer.config, self.layer.module, input, hx, result)
        except (CallError, ValueError, TypeError, AttributeError):
            return None

    def fail(self, reason: str) -> None:
        """Keep the call that raised as what it would have been."""
        if self.pending is None:
            return
        input, hx = arguments(*self.pending)
        self.pending = None
        try:
            call = call_of(self.layer.config, input, hx)
        except CallError:
            call = Call()
        predicted = _predicted(self.layer, call)
        measured = facts_of(self.layer.config, self.layer.module)
        self.failed = CallInspection(predicted, measured, reason, self.calls)

    def inspection(self, why: str) -> LayerInspection:
        if self.layer.scripted:
            why = "scripted: its calls cannot be seen"
        calls = [self._call(*one) for one in self.seen.values()]
        if self.failed:
            calls.append(self.failed)
        if not calls:
            calls = [replace(_not_called(self.layer, run=False).calls[0], incomplete=why)]
        return LayerInspection(self.layer.paths, self.layer.config, tuple(calls), self.layer.notes)

    def _call(self, index: int, facts: LayerFacts | None, count: int) -> CallInspection:
        if facts is not None:
            return CallInspection(_predicted(self.layer, facts.call), facts, None, index, count)
        why = f"{type(self.layer.module).__name__}.forward takes or returns something of its own"
        own = facts_of(self.layer.config, self.layer.module)
        return CallInspection(_predicted(self.layer, own.call), own, why, index, count)


def _signature(value: Any) -> Any:
    """What makes two calls alike: shapes and dtypes, of packed sequences the lengths too."""
    if isinstance(value, PackedSequence):
        rows = value.sorted_indices
        order = None if rows is None else tuple(rows.tolist())
        return _signature(value.data), tuple(value.batch_sizes.tolist()), order
    if isinstance(value, Tensor):
        return tuple(value.shape), value.dtype
    if isinstance(value, (tuple, list)):
        return tuple(_signature(item) for item in value)
    return value


def _run(model: nn.Module, args: Any, kwargs: Any, watched: list[_Watched]) -> ModelFailure | None:
    try:
        with untouched(model), _hooks(watched):
            result = model(*args, **kwargs)
            if isinstance(model, torch.jit.ScriptModule) and watched[0].layer.module is model:
                watched[0].enter(0, args, kwargs)
                watched[0].leave(args, kwargs, result)
    except Exception as error:
        return _failure(model, error, watched)
    return None


@contextmanager
def _hooks(watched: list[_Watched]) -> Iterator[None]:
    """Hear of every call: last before the layer runs, first after it, so as to see what it sees."""
    order = iter(range(2**62))
    with ExitStack() as stack:
        for entry in (entry for entry in watched if not entry.layer.scripted):
            # The hooks hold the entry: a replica that DataParallel makes is another module.
            def before(_: nn.Module, args: Any, kwargs: Any, entry: _Watched = entry) -> None:
                entry.enter(next(order), args, kwargs)

            def after(
                _: nn.Module, args: Any, kwargs: Any, result: Any, entry: _Watched = entry
            ) -> None:
                entry.leave(args, kwargs, result)

            module = entry.layer.module
            pre = module.register_forward_pre_hook(before, with_kwargs=True)
            stack.callback(pre.remove)
            post = module.register_forward_hook(after, with_kwargs=True, prepend=True)
            stack.callback(post.remove)
        yield


def _failure(model: nn.Module, error: Exception, watched: list[_Watched]) -> ModelFailure:
    failing = next((entry for entry in watched if entry.pending is not None), None)
    call = _layer_call(failing) if failing else None
    failure = failure_of(error, call)
    if call:
        call = replace(call, location=failure.location)
    found = examine(call) if call else ()
    if not any(finding.severity.counts for finding in found):
        found = examine(failure)
    name = type(error).__name__
    if failing:
        failing.fail(f"this call raised {name}: {str(error).partition(chr(10))[0]}")
    path = failing.layer.paths[0] if failing else _innermost(model, error)
    return ModelFailure(name, str(error), path, call, found)


def _layer_call(entry: _Watched) -> LayerCall:
    input, hx = arguments(*(entry.pending or ((), {})))
    return LayerCall(
        entry.layer.config,
        input=sketch(input),
        hx=sketch(hx),
        training=entry.layer.module.training,
        live=True,
    )


def _innermost(model: nn.Module, error: Exception) -> str | None:
    """The path of the innermost module whose method an exception went through."""
    paths = {id(module): path for path, module in model.named_modules()}
    found = None
    for entry in steps(error.__traceback__):
        found = paths.get(id(entry.tb_frame.f_locals.get("self")), found)
    return found
