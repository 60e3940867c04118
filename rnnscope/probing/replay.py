"""A copy of a model runs once more, and the result of every operation is kept with its line."""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence
from torch.overrides import TorchFunctionMode

from rnnscope.findings import Location
from rnnscope.probing.copying import map_tensors, tensors_in
from rnnscope.tracing import subscripts
from rnnscope.tracing.places import here

MOST_BYTES = 256 << 20  # kept results of one replay
MOST_STEPS = 20_000
RECURRENT = frozenset(
    f"{name}{cell}" for name in ("lstm", "gru", "rnn_tanh", "rnn_relu") for cell in ("", "_cell")
)
_LOOKS = frozenset(["__get__", "dim", "size", "numel", "is_floating_point", "_set_grad_enabled"])


@dataclass(slots=True)
class Step:
    """One operation: what it is called, where, the steps its inputs came from, its results."""

    name: str
    location: Location | None
    sources: tuple[int, ...]
    results: tuple[torch.Tensor, ...]
    states: tuple[int, ...] = ()  # for a recurrent layer: the steps that its hx came from

    @property
    def recurrent(self) -> bool:
        return self.name in RECURRENT


@dataclass(slots=True)
class Replay:
    """All steps of one run and what the model returned."""

    steps: list[Step] = field(default_factory=list)
    result: Any = None
    producers: dict[int, int] = field(default_factory=dict)

    @property
    def outputs(self) -> tuple[torch.Tensor, ...]:
        return tuple(tensors_in(self.result))

    def same_path(self, other: Replay) -> bool:
        """True when both ran the same operations, so that steps can be compared one by one."""
        return [s.name for s in self.steps] == [s.name for s in other.steps]


class _Recorder(TorchFunctionMode):
    def __init__(self, replay: Replay) -> None:
        super().__init__()
        self.replay = replay
        self.alive: list[Any] = []  # an id means a tensor only as long as that one lives
        self.held = 0

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        name = getattr(func, "__name__", str(func))
        if name not in _LOOKS:
            self._keep(name, args, kwargs, result)
        return result

    def _keep(
        self, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], result: Any
    ) -> None:
        changed = name == "__setitem__" or (name.endswith("_") and not name.endswith("__"))
        tensors = tuple(tensors_in(args[:1] if changed else result))
        if not tensors or self.held > MOST_BYTES or len(self.replay.steps) >= MOST_STEPS:
            return
        producers = self.replay.producers
        sources = [producers.get(id(t)) for t in tensors_in((args, dict(kwargs)))]
        states = [producers.get(id(t)) for t in tensors_in(_states(name, args))]
        number = len(self.replay.steps)
        kept = tuple(t.detach().clone() for t in tensors)
        self.held += sum(t.numel() * t.element_size() for t in kept)
        self.replay.steps.append(Step(name, here(2), _known(sources), kept, _known(states)))
        self.alive.append(tensors)
        producers.update((id(t), number) for t in tensors)


def _known(steps: list[int | None]) -> tuple[int, ...]:
    return tuple(step for step in steps if step is not None)


def _states(name: str, args: tuple[Any, ...]) -> Any:
    """The state arguments of torch's recurrent functions: hx comes second, or third when packed."""
    if name not in RECURRENT:
        return ()
    if len(args) > 2 and isinstance(args[1], torch.Tensor) and args[1].dim() == 1:
        return args[2]  # (data, batch_sizes, hx, …)
    return args[1:2]


def replay(model: nn.Module, args: Any, kwargs: Any, seed: int = 0) -> Replay:
    """Run ``model(*args, **kwargs)`` once from a fixed random stream; tensors given are copied.

    The caller preserves the random streams. Whatever the model raises is raised.
    """
    args, kwargs = map_tensors((args, kwargs), lambda t: t.detach().clone())
    seen = Replay()
    recorder = _Recorder(seen)
    quiet = io.StringIO()
    torch.manual_seed(seed)
    stop = subscripts.patch(_Recorder)
    try:
        with torch.no_grad(), redirect_stdout(quiet), redirect_stderr(quiet), recorder:
            seen.result = model(*args, **kwargs)
    finally:
        stop()
    return seen


def flattened(value: Any) -> Any:
    """Packed sequences as plain data, so that results of models can be compared."""
    return value.data if isinstance(value, PackedSequence) else value
