"""The probe: listens while a program runs, and tries copies of its models when it ends."""

from __future__ import annotations

import functools
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, TypeVar

import torch
from torch import nn
from torch.optim.optimizer import register_optimizer_step_pre_hook

from rnnscope.findings import Location
from rnnscope.measuring.randomness import preserved_randomness
from rnnscope.probing.borrowing import Borrowers
from rnnscope.probing.calls import ModelCall, ModelCalls
from rnnscope.probing.carrying import Loops
from rnnscope.probing.company import (
    find_padding_read,
    length_evidence,
    lengths_of,
    samples_by_length,
)
from rnnscope.probing.copying import independent_copy
from rnnscope.probing.detaching import Cuts
from rnnscope.probing.dropouts import DROPOUTS, Dropouts
from rnnscope.probing.evidence import Batches
from rnnscope.probing.foresight import find_foresight
from rnnscope.probing.freezing import Freezes
from rnnscope.probing.gradients import Gradients
from rnnscope.probing.halves import Halves
from rnnscope.probing.leak import find_leak
from rnnscope.probing.replay import Replay, replay
from rnnscope.probing.scatter import Scatters
from rnnscope.probing.states import StateTrails, find_random_state
from rnnscope.probing.targets import LOSSES, Targets
from rnnscope.subjects.proofs import Leak
from rnnscope.tracing.places import here
from rnnscope.tracing.session import RECURRENT, Observer
from rnnscope.tracing.tracer import Tracer


class _Outermost(threading.local):
    module: nn.Module | None = None
    called_at: Location | None = None


Method = TypeVar("Method", bound=Callable[..., None])


def _harmless(method: Method) -> Method:
    """Keep rnnscope's own mistakes out of the user's program: the probe stops, and says so."""

    @functools.wraps(method)
    def attempt(self: Probe, *args: Any, **kwargs: Any) -> None:
        if self.failure is None:
            try:
                method(self, *args, **kwargs)
            except Exception as failure:
                self.failure = failure

    return attempt  # type: ignore[return-value]


class Probe(Observer):
    """Everything that is proved by running, for one session.

    ``failure`` is the exception that stopped it, an error of rnnscope's own.
    """

    def __init__(self, built_at: Mapping[nn.Module, Location], tracer: Tracer) -> None:
        self.tracer = tracer
        self.batches = Batches()
        self.calls = ModelCalls(self.batches, tracer.table)
        self.targets = Targets(tracer.table)
        self.scatters = Scatters()
        self.trails = StateTrails()
        self.loops = Loops()
        self.borrowers = Borrowers()
        self.gradients = Gradients(built_at)
        self.freezes = Freezes()
        self.dropouts = Dropouts(tracer.report)
        self.cuts = Cuts(tracer)
        self.halves = Halves()
        self.outermost = _Outermost()
        self.failure: Exception | None = None
        self._hooks = ExitStack()

    def install(self) -> None:
        """Listen to DataLoaders and optimizers until ``uninstall``."""
        self._hooks.enter_context(self.batches.listening())
        self._hooks.enter_context(self.scatters.listening())
        self._hooks.enter_context(self.gradients.listening())
        self._hooks.enter_context(self.cuts.listening())
        self._hooks.enter_context(self.halves.listening(self.tracer))
        handle = register_optimizer_step_pre_hook(lambda optimizer, *_: self._step(optimizer))
        self._hooks.callback(handle.remove)
        hearers = self.tracer.mode.hearers
        heard = dict.fromkeys(LOSSES, self._compared) | dict.fromkeys(DROPOUTS, self._dropped)
        for name, hear in heard.items():
            hearers[name] = hear
            self._hooks.callback(hearers.pop, name, None)

    @_harmless
    def _compared(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        self.targets.compared(args, kwargs)

    @_harmless
    def _dropped(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        self.dropouts.called(args, kwargs)

    def uninstall(self) -> None:
        """Stop listening."""
        self._hooks.close()

    @_harmless
    def _step(self, optimizer: torch.optim.Optimizer) -> None:
        self.gradients.stepping(optimizer)
        self.freezes.stepping(optimizer)
        self.cuts.stepping(optimizer)

    @_harmless
    def module_called(self, module: nn.Module, args: tuple[Any, ...]) -> None:
        if self.calls.depth.modules == 0:
            self.outermost.module, self.outermost.called_at = module, here(3)
            self.scatters.entered(module, args)
            self.freezes.called(module)
        if isinstance(module, RECURRENT):
            self.gradients.called(module, args, self.outermost.module or module)
            self.cuts.called(module)
            self.scatters.layer_called(module, args)
        self.calls.entered(module)

    @_harmless
    def module_returned(
        self, module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any], result: Any
    ) -> None:
        if isinstance(module, RECURRENT) and result is not None:
            self.trails.returned(module, args, kwargs, result)
            self.loops.returned(module, args, kwargs, result, self.outermost.called_at)
            self.borrowers.returned(module, args, kwargs, result)
        batch = self.calls.left(module, args, kwargs)
        if self.calls.depth.modules == 0:
            self.trails.model_returned(module, batch)
            self.targets.model_returned(module, args, kwargs)
            self.scatters.left()

    def proofs(self, copies: bool = True) -> Iterator[object]:
        """What was proved: of gradients and states for free, then on copies of the models."""
        if self.failure is not None:
            stopped = f"rnnscope could not probe this program: {self.failure!r}"
            warnings.warn(stopped, RuntimeWarning, stacklevel=2)
            return
        yield from self.gradients.untrained()
        yield from self.freezes.seen
        yield from self.gradients.left_out()
        yield from self.cuts.found()
        yield from self.loops.stuck()
        yield from self.borrowers.found(self.gradients.built_at)
        yield from self.targets.padded
        yield from map(self.halves.placed, self.gradients.idle())
        yield from self.trails.carried()
        yield from self.targets.seen
        yield from self.scatters.seen
        if not copies:
            return
        with preserved_randomness():
            for call in self.calls:
                yield from self._tried(call)

    def _tried(self, call: ModelCall) -> Iterator[object]:
        if call.batch is None:
            call = _with_lengths(call)
        run = _runs(call)
        leak = _attempt(lambda: find_leak(call, run))
        if leak is not None:
            yield leak
        if not isinstance(leak, Leak):
            yield from _some(_attempt(lambda: find_padding_read(call, run)))
        yield from _some(_attempt(lambda: find_random_state(call, run)))
        ahead = self.targets.ahead.get(id(call.model))
        if ahead is not None:
            yield from _some(_attempt(lambda: find_foresight(call, run, ahead)))


def _with_lengths(call: ModelCall) -> ModelCall:
    """Lengths given with a call say where its samples are, where nothing else does."""
    batch, lengths = length_evidence(call), lengths_of(call)
    samples = samples_by_length(call, lengths) if lengths is not None else None
    return replace(call, batch=batch, axes=samples.axes) if batch and samples else call


def _runs(call: ModelCall) -> Callable[..., Replay]:
    def run(args: Any, kwargs: Any, seed: int = 0) -> Replay:
        model = independent_copy(call.model)
        if model is None:
            raise ValueError("the model cannot be copied")
        return replay(model, args, kwargs, seed)

    return run


def _attempt(find: Callable[[], object]) -> object:
    """What was found; None when the copy cannot run that way, which says nothing of the user's."""
    try:
        return find()
    except Exception:
        return None


def _some(found: object) -> Iterator[object]:
    if found is not None:
        yield found
