"""States that a model keeps and starts from again, though the program means to reset them."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import ref

import torch
from torch import nn

from rnnscope.findings import Location
from rnnscope.frames import is_users, place
from rnnscope.probing.records import Records
from rnnscope.recording.nest import tensors_in
from rnnscope.recording.user_code import here
from rnnscope.sources import nodes
from rnnscope.subjects.experiment_results import CarriedState

_LARGEST = 1 << 20  # elements compared by value


@dataclass(slots=True)
class _Trail:
    """What one layer left behind, and how often it started from it in a later call of its model."""

    states: list[torch.Tensor] = field(default_factory=list)
    outer: int = 0
    carried: bool = False
    location: Location | None = None
    across: int = 0
    calls: int = 0
    owner: ref[nn.Module] | None = None
    kept: str | None = None


class StateTrails:
    """Follows the states of each layer from the end of one model call to a later one."""

    def __init__(self) -> None:
        self._trails: Records[_Trail] = Records()
        self._ran: list[nn.Module] = []
        self._outer = 0

    def returned(
        self, module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any], result: Any
    ) -> None:
        """A recurrent layer has run."""
        trail = self._trails.get(module) or self._trails.add(module, _Trail())
        given = kwargs.get("hx", args[1] if len(args) > 1 else None)
        # A state that still hangs in the graph goes on within one batch, as a decoder's does.
        within = any(tensor.grad_fn is not None for tensor in tensors_in(given))
        if (
            trail.states
            and trail.outer != self._outer
            and not within
            and _same(given, trail.states)
        ):
            trail.carried, trail.location = True, here(3)
        left = result[1] if isinstance(module, nn.RNNBase) and result is not None else result
        trail.states = [tensor.detach() for tensor in tensors_in(left)]
        trail.outer = self._outer
        self._ran.append(module)

    def model_returned(self, model: nn.Module) -> None:
        """The outermost model has run: settle what its layers did."""
        for module in self._ran:
            trail = self._trails.get(module)
            if trail is not None:
                trail.calls += 1
                trail.owner = ref(model)
                if trail.carried:
                    trail.across += 1
                    trail.kept = trail.kept or _keeper(model, trail.states)
                trail.carried = False
        self._ran.clear()
        self._outer += 1

    def carried(self) -> Iterator[CarriedState]:
        """Every layer that mostly started from its own states, whose resets have no effect."""
        for layer, trail in self._trails.all():
            if trail.across > trail.calls // 2:
                yield from _useless_resets(layer.kind, trail)


def _same(given: Any, left: list[torch.Tensor]) -> bool:
    """True when the states given are those left behind: the same memory, or the same numbers."""
    pairs = list(zip(tensors_in(given), left, strict=False))
    return bool(pairs) and all(_same_tensor(a, b) for a, b in pairs)


def _same_tensor(given: torch.Tensor, left: torch.Tensor) -> bool:
    """True for the same memory, or the same numbers."""
    if given.shape != left.shape or given.device != left.device or given.dtype != left.dtype:
        return False
    if given.data_ptr() == left.data_ptr():
        return True
    return given.device.type == "cpu" and given.numel() < _LARGEST and torch.equal(given, left)


def _keeper(model: nn.Module, states: list[torch.Tensor]) -> str | None:
    """The attribute that keeps the states, on the model or on one of its parts."""
    attributes = (item for part in model.modules() for item in list(vars(part).items()))
    return next((name for name, value in attributes if _same(value, states)), None)


def _useless_resets(kind: str, trail: _Trail) -> Iterator[CarriedState]:
    model, kept = trail.owner() if trail.owner is not None else None, trail.kept
    if model is None or kept is None or trail.location is None:
        return
    for name, line in _resets_elsewhere(model, kept, _files(trail.location)):
        yield CarriedState(kind, trail.across, trail.calls, trail.location, kept, name, line)
        return


def _files(location: Location) -> list[str]:
    """Where the model may be used: the file of its forward, and the script that runs."""
    script = getattr(sys.modules.get("__main__"), "__file__", None)
    files = [os.path.abspath(location.file), *([os.path.abspath(script)] if script else [])]
    return [file for file in dict.fromkeys(files) if is_users(file)]


def _resets_elsewhere(
    model: nn.Module, kept: str, files: list[str]
) -> Iterator[tuple[str, Location]]:
    """(what, line) of what is done to the model from outside, and changes nothing."""
    yield from _dropped_results(model, files)
    nodes = [(file, node) for file in files for node in _attributes(file)]
    read = {node.attr for _, node in nodes if isinstance(node.ctx, ast.Load)} | {kept}
    for file, node in nodes:
        outside = not (isinstance(node.value, ast.Name) and node.value.id == "self")
        unread = isinstance(node.ctx, ast.Store) and outside and node.attr not in read
        if unread and node.attr in vars(model) and _is_state(vars(model)[node.attr]):
            yield node.attr, place(file, node.lineno)


def _dropped_results(model: nn.Module, files: list[str]) -> Iterator[tuple[str, Location]]:
    """(method, line) of calls from outside whose result, fresh states, nobody takes."""
    fresh = {
        method.name
        for file in files
        for cls in nodes(file, ast.ClassDef)
        if cls.name == type(model).__name__
        for method in cls.body
        if isinstance(method, ast.FunctionDef) and _only_returns(method)
    }
    for file in files:
        for statement in nodes(file, ast.Expr):
            call = statement.value
            called = call.func if isinstance(call, ast.Call) else None
            if isinstance(called, ast.Attribute) and called.attr in fresh:
                yield f"{called.attr}()", place(file, statement.lineno)


def _only_returns(method: ast.FunctionDef) -> bool:
    """True for a method that makes states and returns them, and sets no attribute."""
    if not any(word in method.name for word in ("init", "reset", "zero", "state", "hidden")):
        return False
    inside = list(ast.walk(method))
    gives = any(isinstance(node, ast.Return) and node.value is not None for node in inside)
    stores = (n for n in inside if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store))
    return gives and not any(stores) and method.name not in ("__init__", "forward")


def _attributes(file: str) -> list[ast.Attribute]:
    return list(nodes(file, ast.Attribute))


def _is_state(value: Any) -> bool:
    return value is None or any(True for _ in tensors_in(value))
