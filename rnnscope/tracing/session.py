"""A Session: the hooks through which a running program is seen, put in place and taken away.

While one is installed

- the constructors of the six recurrent classes report a Construction with the user's line,
- every call of a recurrent layer is examined *before* torch runs it, as a LayerCall,
- observers hear of every module's call and, where tracing is on, of every torch function.

Nothing is set on the user's objects. Everything is restored by ``uninstall``.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from torch import nn
from torch.nn.modules import module as torch_module
from torch.optim.optimizer import (
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)
from torch.overrides import TorchFunctionMode, _get_current_function_mode_stack

from rnnscope.aside import is_aside, listen
from rnnscope.cells import KINDS
from rnnscope.config import RNNConfig
from rnnscope.errors import RnnscopeError
from rnnscope.findings import Finding, Location
from rnnscope.subjects import Construction, LayerCall
from rnnscope.tracing import given as names_given
from rnnscope.tracing.calls import LayerCalls, given_to, keeps_contract
from rnnscope.tracing.compiling import is_compiling
from rnnscope.tracing.events import identity
from rnnscope.tracing.places import here
from rnnscope.tracing.tracer import Tracer

_MOST_EVENTS = 4096
RECURRENT = (nn.RNNBase, nn.RNNCellBase)


class Observer:
    """Who wants to hear what a session sees: override what is of interest.

    Called in the user's thread, outside of tracing, with the user's own objects: look, compute on
    detached copies, never change. An exception in an observer is an error of rnnscope's.
    """

    def module_called(self, module: nn.Module, args: tuple[Any, ...]) -> None:
        """A module is about to run; keyword arguments come with ``module_returned``."""

    def module_returned(
        self, module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any], result: Any
    ) -> None:
        """A module has run; ``result`` is None when it raised."""

    def function_returned(
        self, function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], result: Any
    ) -> None:
        """A torch function called outside of recurrent layers has returned."""


class Listener(Protocol):
    """Who is told of findings; a watch is one."""

    def found(self, finding: Finding) -> None:
        """A rule has found something, not for the first time perhaps."""


class _Thread(threading.local):
    """How many recurrent layers, and modes, the current thread is inside of."""

    layers = 0
    modes = 0
    active = False  # the mode is on this thread's stack
    quiet = False  # rnnscope itself runs a copy of a model: nothing to see


class Session:
    """One set of hooks for the process, shared by every watch that is on.

    ``examine`` asks the rules. ``observers`` hear everything, ``listeners`` the findings.
    ``built_at`` knows where layers were constructed. ``last_call`` is the call of a recurrent
    layer that is running, or that raised last; None after it returned.
    """

    def __init__(self, examine: Callable[[Any], tuple[Finding, ...]]) -> None:
        self.examine = examine
        self.observers: list[Observer] = []
        self.listeners: list[Listener] = []
        self.built_at: WeakKeyDictionary[nn.Module, Location] = WeakKeyDictionary()
        self.thread = _Thread()
        self.last_call: LayerCall | None = None
        self.last_returned: LayerCall | None = None
        self.calls = LayerCalls(self.built_at, examine)
        self.tracer = Tracer(self.report, lambda: self.thread.layers > 0)
        self._events: dict[Any, tuple[Finding, ...]] = {}
        self._restore: list[Callable[[], None]] = []

    def install(self) -> None:
        """Put the hooks in place; on any exception none stays."""
        try:
            for name in KINDS:
                self._wrap_constructor(getattr(nn, name))
            before = torch_module.register_module_forward_pre_hook(self._before)
            self._restore.append(before.remove)
            self._restore.append(_hook_after(self._after).remove)
            self._restore.append(self.tracer.patch())
            names_given.tables.add(self.tracer.table)
            self._restore.append(lambda: names_given.tables.discard(self.tracer.table))
            steps = register_optimizer_step_pre_hook(self._optimizer_steps)
            self._restore.append(steps.remove)
            stepped = register_optimizer_step_post_hook(self._optimizer_stepped)
            self._restore.append(stepped.remove)
            self._restore.append(listen(self._told))
        except BaseException:
            self.uninstall()
            raise

    def uninstall(self) -> None:
        """Take every hook away, in reverse order."""
        while self._restore:
            self._restore.pop()()

    def report(self, subject: Any, findings: tuple[Finding, ...] | None = None) -> None:
        """Let the rules look at a subject, or pass on what they said about its like before."""
        for finding in self.examine(subject) if findings is None else findings:
            for listener in tuple(self.listeners):
                listener.found(finding)

    def _told(self, finding: Finding) -> None:
        """What rnnscope found in work of its own that the program asked for."""
        for listener in tuple(self.listeners):
            listener.found(finding)

    def reported(self, event: Any) -> None:
        """An event of the tracer's: rules look once at all that are alike."""
        key = identity(event)
        known = self._events.get(key)
        if known is None:
            if len(self._events) >= _MOST_EVENTS:
                self._events.clear()
            known = self._events[key] = self.examine(event)
        self.report(event, known)

    def enter_thread(self) -> None:
        """Trace the functions of the current thread, too, until ``leave_thread``."""
        if self.thread.modes == 0:
            self._resume()
        self.thread.modes += 1

    def leave_thread(self) -> None:
        """The counterpart of ``enter_thread``."""
        self.thread.modes -= 1
        if self.thread.modes == 0:
            self._suspend()

    def _resume(self) -> None:
        if not self.thread.active:
            self.tracer.mode.__enter__()  # type: ignore[no-untyped-call]
            self.thread.active = True

    def _suspend(self) -> None:
        """Take the mode off this thread's stack, unless the user has put another one above it."""
        if self.thread.active and _on_top(self.tracer.mode):
            self.tracer.mode.__exit__(None, None, None)  # type: ignore[no-untyped-call]
            self.thread.active = False

    def _settle(self, novel: bool) -> None:
        """Follow functions in some steps of a long loop only: the others are like them."""
        if self.thread.modes == 0 or self.thread.layers > 1:
            return
        if self.tracer.pace.wants(novel):
            self._resume()
        else:
            self._suspend()

    def _optimizer_steps(self, *_: Any) -> None:
        self._suspend()

    def _optimizer_stepped(self, *_: Any) -> None:
        if self.thread.modes and self.tracer.pace.going:
            self._resume()

    def finish_for(self, listener: Listener) -> None:
        """A watch ends: what was kept back until now is decided."""
        self.tracer.decide()

    def _wrap_constructor(self, cls: type[nn.Module]) -> None:
        original = cls.__dict__["__init__"]
        session = self

        @functools.wraps(original)
        def construct(module: nn.Module, *args: Any, **kwargs: Any) -> None:
            original(module, *args, **kwargs)
            session.constructed(cls.__name__, module, args, kwargs, here(1))

        setattr(cls, "__init__", construct)  # noqa: B010
        self._restore.append(lambda: setattr(cls, "__init__", original))

    def constructed(
        self,
        kind: str,
        module: nn.Module,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        location: Location | None,
    ) -> None:
        """A recurrent layer was built at this line."""
        if self.thread.quiet or is_aside():
            return
        if location is not None:
            self.built_at[module] = location
        try:
            config = RNNConfig.of(module)
        except RnnscopeError:
            return
        self.report(Construction(kind, args, dict(kwargs), config, location))

    def _before(self, module: nn.Module, args: tuple[Any, ...]) -> None:
        if is_compiling() or self.thread.quiet or is_aside():
            return
        for observer in tuple(self.observers):
            observer.module_called(module, args)
        if isinstance(module, RECURRENT):
            self._layer_called(module, args)

    def _layer_called(self, module: nn.Module, args: tuple[Any, ...]) -> None:
        self.thread.layers += 1
        seen = self.calls.different
        call, findings = self.calls.of(module, args, self.calls.keywords(2))
        self._settle(self.calls.different != seen)
        if call is None:
            return
        self.last_call = call
        self.report(call, findings)

    def _after(self, module: nn.Module, args: tuple[Any, ...], *rest: Any) -> None:
        if is_compiling() or self.thread.quiet or is_aside():
            return
        kwargs, result = rest if len(rest) == 2 else (self.calls.keywords(1), rest[0])
        if isinstance(module, RECURRENT):
            self.thread.layers -= 1
            if result is not None:
                self._layer_returned(module, args, kwargs, result)
                self.last_returned, self.last_call = self.last_call, None
        for observer in tuple(self.observers):
            observer.module_returned(module, args, kwargs, result)

    def _layer_returned(
        self, module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any], result: Any
    ) -> None:
        config = self.calls.config(module)
        if config is None or not self.thread.active or self.thread.layers > 0:
            return
        given = given_to(module, args, kwargs)
        if not keeps_contract(module, config, given.get("input")):
            return
        places = (here(3), self.built_at.get(module))
        self.tracer.recurrent(module, config, places, given, result)


def _hook_after(hook: Callable[..., None]) -> Any:
    """Hear of every module that has run. The oldest torch does not tell the keyword arguments."""
    register: Callable[..., Any] = torch_module.register_module_forward_hook
    try:
        return register(hook, with_kwargs=True, always_call=True)
    except TypeError:
        return register(hook, always_call=True)


def _on_top(mode: TorchFunctionMode) -> bool:
    stack = _get_current_function_mode_stack()  # type: ignore[no-untyped-call]
    return bool(stack) and stack[-1] is mode
