"""Run the calls of a tape again, with some slots changed: the user's code is never run.

What a call changes in place is a copy; what it draws comes from the random state that it was
recorded with; batch norm uses its running statistics, which no sample of a batch can move. Only
calls with a changed input are run again: everything else is as it was recorded.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch

from rnnscope.recording.functions import target_of
from rnnscope.recording.nest import map_nest
from rnnscope.recording.tape import Call, Slot, Tape
from rnnscope.unobserved import unobserved

Value = torch.Tensor
Adapt = Callable[[Call, Any, Any], tuple[Any, Any]]  # a call, its arguments; those to use
SNAPSHOT = 1 << 16  # elements; a larger buffer that is filled step by step is compared at its end
_STATISTICS = frozenset(("batch_norm", "instance_norm"))
_UNFILLED = frozenset(("empty", "empty_like", "new_empty", "empty_strided"))
_HELD = frozenset(("generator",))  # a draw from the user's own stream is never drawn again


class ReplayError(Exception):
    """A call cannot be run with the values that a change led to.

    ``ran`` is how many calls were run before it.
    """

    ran = 0


@dataclass(slots=True)
class Run:
    """The values of the slots that a replay made anew; the others are as recorded.

    A probe is a zero that is added to a slot: its gradient tells what reads the slot, also where
    that is changed in place later. With probes, were there none, all is computed with gradients.
    """

    tape: Tape
    base: Mapping[int, Value]
    values: dict[int, Value] = field(default_factory=dict)
    live: dict[int, Value] = field(default_factory=dict)  # of volatile slots, the memory itself
    probes: Mapping[int, Value] | None = None
    ran: int = 0  # calls

    def keep(self, slot: int, value: Value) -> None:
        """A call has made this; what a later call changes in place is kept as it is now."""
        if self.probes and slot in self.probes:
            with torch.enable_grad():
                value = value + self.probes[slot]
        self.values[slot] = value
        if slot in self.tape.volatile:
            self.live[slot] = value
            if value.numel() <= SNAPSHOT:
                self.values[slot] = value.clone()

    def value(self, slot: int) -> Value | None:
        """A slot's tensor in this run."""
        found = self.values.get(slot)
        if found is None:
            found = self.base.get(slot)
        return self.tape.values[slot] if found is None else found


@contextmanager
def quietly() -> Iterator[None]:
    """rnnscope's own computations: no mode, gradient, random stream or warning tells of them."""
    state = torch.default_generator.get_state()
    with unobserved(), torch._C.DisableTorchFunction(), torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            torch.default_generator.set_state(state)


def replay(
    tape: Tape,
    changes: Mapping[int, Value],
    base: Mapping[int, Value] | None = None,
    *,
    faithful: bool = False,
    full: bool = False,
    adapt: Adapt | None = None,
    probes: Mapping[int, Value] | None = None,
    calls: Sequence[Call] | None = None,
) -> Run:
    """The values that follow from these changes, in all calls of a tape or in some.

    ``base`` holds what a run without changes gave, for slots that are made anew in every replay.
    With ``full`` every call is run, with ``faithful`` also batch norm as it was. ``adapt`` may
    change the arguments of a call. Raises ReplayError where a call does not take what it is given.
    """
    run = Run(tape, base or {}, dict(changes), probes=probes)
    fixed = frozenset(changes) | tape.settled
    dirty = set(changes)
    volatile = tape.volatile
    for call in tape.calls if calls is None else calls:
        renewed = not volatile.isdisjoint(call.results) or not volatile.isdisjoint(call.inputs)
        normal = call.name in _STATISTICS and not faithful
        touched = renewed or normal or not dirty.isdisjoint(call.inputs)
        if not (faithful or full or touched):
            continue
        if fixed.issuperset(call.results) or (not call.inputs and not renewed):
            continue
        run.ran += 1
        try:
            results = call_again(run, call, faithful, adapt)
        except ReplayError as error:
            error.ran = run.ran
            raise
        for slot, value in zip(call.results, results, strict=True):
            if slot not in fixed:
                # What a later call changes in place is compared as it is now.
                run.keep(slot, value)
                dirty.add(slot)
    return run


def call_again(
    run: Run,
    call: Call,
    faithful: bool,
    adapt: Adapt | None,
) -> list[Value]:
    """The results of one call on the values of this run."""
    if not _HELD.isdisjoint(call.kwargs) and call.kwargs.get("generator") is not None:
        return [_held(run, slot) for slot in call.results]
    args, kwargs = _decoded(run, call.args), _decoded(run, dict(call.kwargs))
    if call.name in _STATISTICS:
        args, kwargs = _with_statistics(args, kwargs, faithful)
    if adapt is not None:
        args, kwargs = adapt(call, args, kwargs)
    if call.random is not None:
        torch.default_generator.set_state(call.random)
    try:
        with torch.set_grad_enabled(
            run.probes is not None or (call.grad and torch.is_grad_enabled())
        ):
            result = call.function(*args, **kwargs)
    except Exception as error:
        raise ReplayError(f"{call.name}: {error}") from error
    if call.name in _UNFILLED:
        result.zero_()  # what memory happens to hold is no result
    made: list[Any] = [target_of(args, kwargs)] if call.changed is not None else []
    for tensor in [result] if isinstance(result, torch.Tensor) else result or ():
        if isinstance(tensor, torch.Tensor) and not any(tensor is known for known in made):
            made.append(tensor)
    if len(made) != len(call.results):
        raise ReplayError(f"{call.name}: another number of results")
    return made


def _held(run: Run, slot: int) -> Value:
    value = run.value(slot)
    if value is None:
        raise ReplayError("a value that was changed later")
    return value


def _decoded(run: Run, value: Any) -> Any:
    def put(item: Any) -> Any:
        return _argument(run, item.number) if isinstance(item, Slot) else item

    return map_nest(value, put)


def _argument(run: Run, slot: int) -> Value:
    """A slot's value; of memory that is changed in place a copy, made once in each run."""
    value = run.live.get(slot, run.values.get(slot))
    if value is not None:
        return value
    if slot in run.tape.volatile and slot not in run.tape.settled:
        recorded = run.tape.values[slot]
        if recorded is None:
            raise ReplayError("a value that was changed later")
        value = run.live[slot] = recorded.detach().clone()
        return value
    return _held(run, slot)


def _with_statistics(args: Any, kwargs: Any, faithful: bool) -> tuple[Any, Any]:
    """Batch norm by its running statistics, or, faithfully, on copies of them."""
    names = ("input", "running_mean", "running_var", "weight", "bias", "training")
    given = dict(zip(names, args, strict=False)) | kwargs
    if faithful:
        for name in ("running_mean", "running_var"):
            if isinstance(given.get(name), torch.Tensor):
                given[name] = given[name].clone()
    elif given.get("running_mean") is not None:
        key = "use_input_stats" if "use_input_stats" in given else "training"
        given[key] = False
    rest = args[len(names) :]
    if rest:
        given |= dict(zip(("momentum", "eps"), rest, strict=False))
    return (), given
