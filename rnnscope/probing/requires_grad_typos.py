"""Parameters that were to be frozen, or thawed, through an attribute that torch never reads."""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary, ref

import torch
from torch import nn

from rnnscope.findings import Location
from rnnscope.frames import place
from rnnscope.sources import nodes, running, spans
from rnnscope.subjects.training import FreezeWithoutEffect

_MEANT = "requires_grad"
_NEAR = 0.9  # require_grad 0.96, requires_gard 0.92; require_grad_sync 0.80 is another thing
_FIRST_STEPS, _EVERY = 50, 10  # steps of each optimizer that are looked at
# Models that are followed: a program that builds more builds them anew each step.
_MOST_MODELS = 256


@dataclass(frozen=True, slots=True)
class _Site:
    """A line that sets the attribute: ``target.attribute = ...``."""

    target: str
    location: Location


class Freezes:
    """Looks at the attributes of parameters and modules when an optimizer steps."""

    def __init__(self) -> None:
        self.seen: list[FreezeWithoutEffect] = []
        self._models: dict[int, ref[nn.Module]] = {}
        self._steps: WeakKeyDictionary[torch.optim.Optimizer, int] = WeakKeyDictionary()
        self._decided: set[tuple[str, str | None]] = set()

    def called(self, model: nn.Module) -> None:
        """A model is called, from outside of any other."""
        known = self._models.get(id(model))
        if (known is None or known() is not model) and len(self._models) < _MOST_MODELS:
            self._models[id(model)] = ref(model)

    def stepping(self, optimizer: torch.optim.Optimizer) -> None:
        """An optimizer is about to change its parameters."""
        steps = self._steps[optimizer] = self._steps.get(optimizer, 0) + 1
        if steps > _FIRST_STEPS and steps % _EVERY:
            return
        groups = optimizer.param_groups
        held = {id(p): p for group in groups for p in group["params"]}
        self._look_at_parameters(held)
        alive = {key: known for key, known in self._models.items() if known() is not None}
        self._models = alive
        for known in alive.values():
            model = known()
            if model is not None:
                self._look_at_modules(model, held)

    def _look_at_parameters(self, held: Mapping[int, torch.Tensor]) -> None:
        found: dict[tuple[str, bool], int] = {}
        for parameter in held.values():
            for name, value in _flags(parameter):
                if value is not parameter.requires_grad:
                    found[name, value] = found.get((name, value), 0) + 1
        for (name, value), count in found.items():
            if self._is_new(name):
                sites = [site for file in _files(name) for site in _sites(file, name, value)]
                self._keep(name, value, count, None, sites)

    def _look_at_modules(self, model: nn.Module, held: Mapping[int, torch.Tensor]) -> None:
        for path, module in model.named_modules():
            for name, value in _flags(module):
                trained = [p for p in module.parameters() if id(p) in held and p.requires_grad]
                kind = type(module).__name__
                if trained and not value and self._is_new(name, kind):
                    sites = _from_outside(name, model, path.rpartition(".")[2])
                    if sites:
                        self._keep(name, value, len(trained), kind, sites)

    def _is_new(self, name: str, kind: str | None = None) -> bool:
        """True once for each: the user's files are searched for it then."""
        new = (name, kind) not in self._decided
        self._decided.add((name, kind))
        return new

    def _keep(
        self, name: str, value: bool, count: int, kind: str | None, sites: list[_Site]
    ) -> None:
        # Of several lines that set requires_grad, one is on the module: the others are right.
        certain = sites if name != _MEANT or len(sites) == 1 else []
        first = certain[0] if certain else None
        found = FreezeWithoutEffect(name, value, count, kind)
        if first is not None:
            others = tuple(site.location for site in certain[1:])
            found = replace(found, target=first.target, location=first.location, others=others)
        self.seen.append(found)


def _flags(thing: Any) -> Iterator[tuple[str, bool]]:
    """Attributes of the thing itself that are called nearly so, and are True or False."""
    for name, value in list(vars(thing).items()):
        if isinstance(value, bool) and _is_near(name):
            yield name, value


@lru_cache(maxsize=4096)
def _is_near(name: str) -> bool:
    return SequenceMatcher(None, name, _MEANT).ratio() >= _NEAR


def _files(name: str) -> list[str]:
    """The user's files in which an attribute of this name occurs."""
    files = running(sys._getframe(1))
    return [f for f in files if any(f".{name}" in line for line in linecache.getlines(f))]


def _sites(file: str, name: str, value: bool) -> Iterator[_Site]:
    """Every assignment of this value, or of one that is not spelled out, to such an attribute."""
    for node in nodes(file, ast.Assign):
        if isinstance(node.value, ast.Constant) and node.value.value is not value:
            continue
        for target in node.targets:
            if isinstance(target, ast.Attribute) and target.attr == name:
                yield _Site(ast.unparse(target.value), place(file, node.lineno))


def _from_outside(name: str, model: nn.Module, called: str) -> list[_Site]:
    """The lines that set this on a module; none where it is a flag that a class has for itself.

    On parameters ``requires_grad`` is right: the lines that set it on one are left out. ``called``
    is what the module is called in its model.
    """
    files = _files(name)
    if any(_reads_own(file, name) for file in files):
        return []
    weights = {path.rpartition(".")[2] for path, _ in model.named_parameters()}
    sites = [
        site
        for file in files
        for site in _sites(file, name, False)
        if site.target != "self" and not _is_parameter(site, file, weights)
    ]
    named = [site for site in sites if site.target.rpartition(".")[2] == called]
    return named if len(named) == 1 else sites


def _reads_own(file: str, name: str) -> bool:
    return any(
        node.attr == name and isinstance(node.ctx, ast.Load) and ast.unparse(node.value) == "self"
        for node in nodes(file, ast.Attribute)
    )


def _is_parameter(site: _Site, file: str, weights: set[str]) -> bool:
    """True for ``layer.weight``, and for the variable of a loop over parameters."""
    if site.target.rpartition(".")[2] in weights:
        return True
    loops = (loop for loop in nodes(file, ast.For) if spans(loop, site.location.line))
    return any(
        "param" in ast.unparse(loop.iter) and site.target in _names(loop.target) for loop in loops
    )


def _names(target: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}
