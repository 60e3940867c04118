"""The parts of a module, each with what it was called with, and its own axes by behaviour."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from torch import nn

from rnnscope.dependence.facts import Dependence
from rnnscope.dependence.finding import depends_of
from rnnscope.dependence.passes import Passes
from rnnscope.errors import RnnscopeError
from rnnscope.measuring.surroundings import surroundings
from rnnscope.recording.nest import map_tensors, tensors_in

_HOLDERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
_LOOKS = re.compile(r"rnn|lstm|gru|recurr|ssm|s4|mamba|tcn|state_?space", re.I)
Calls = dict[str, tuple[nn.Module, Any, dict[str, Any]]]


class Called(nn.Module):
    """A part with the named arguments of its call."""

    def __init__(self, part: nn.Module, named: dict[str, Any]) -> None:
        super().__init__()
        self.part, self.named = part, named

    def forward(self, *inputs: Any) -> Any:
        """The part, called as it was."""
        return self.part(*inputs, **self.named)


def dependences_of_parts(
    target: Any, inputs: tuple[Any, ...], wanted: Any = None
) -> Iterator[tuple[str, Dependence]]:
    """Each part with its axes, in the order of the first calls; one more pass of the whole is run.

    ``wanted(path, part)`` chooses parts; by default they are the children, also those inside of
    containers. Parts that take no tensor by position, or refuse to be run alone, are left out.
    """
    if not isinstance(target, nn.Module):
        return
    for path, (part, given, named) in _calls(target, inputs, wanted).items():
        module = Called(part, named) if named else part
        try:
            yield path, depends_of(module, given, f"{path}: {type(part).__name__}")
        except RnnscopeError:
            continue


def recurrent_parts(target: Any, inputs: tuple[Any, ...]) -> tuple[tuple[str, Dependence], ...]:
    """The outermost parts that are called as recurrent ones are, and that torch.nn has no hand in.

    The target itself has the path ``""``.
    """
    if not isinstance(target, nn.Module):
        return ()
    if _looks_recurrent(target):
        try:
            return (("", depends_of(target, inputs)),)
        except RnnscopeError:
            return ()
    chosen = [path for path, part in target.named_modules() if path and _looks_recurrent(part)]
    outer = {p for p in chosen if not any(p.startswith(f"{other}.") for other in chosen)}
    if not outer:
        return ()
    return tuple(dependences_of_parts(target, inputs, lambda path, _: path in outer))


def _looks_recurrent(part: nn.Module) -> bool:
    kind, torchs = type(part), (nn.RNNBase, nn.RNNCellBase)
    own = not kind.__module__.startswith("torch.") and bool(_LOOKS.search(kind.__name__))
    return own and not any(isinstance(module, torchs) for module in part.modules())


def _calls(target: nn.Module, inputs: tuple[Any, ...], wanted: Any) -> Calls:
    """What each part was called with first, on a copy of the whole."""
    passes, calls = Passes(target, type(target).__name__, 1), Calls()
    with surroundings():
        whole: Any = passes.fresh()
        paths = {id(part): path for path, part in _chosen(whole, wanted)}

        def heard(part: nn.Module, given: Any, named: dict[str, Any]) -> None:
            path = paths[id(part)]
            if path not in calls and any(t.dim() > 1 for t in tensors_in(given)):
                calls[path] = part, map_tensors(given, lambda t: t.detach().clone()), dict(named)

        for _, part in _chosen(whole, wanted):
            part.register_forward_pre_hook(heard, with_kwargs=True)
        passes.tried(inputs, module=whole)
        for part, _, _ in calls.values():
            part._forward_pre_hooks.clear()
            part._forward_pre_hooks_with_kwargs.clear()
    return calls


def _chosen(whole: nn.Module, wanted: Any) -> Iterator[tuple[str, nn.Module]]:
    if wanted is not None:
        found = ((path, part) for path, part in whole.named_modules() if path)
        yield from (one for one in found if wanted(*one))
        return
    todo = list(whole.named_children())
    while todo:
        path, part = todo.pop(0)
        if isinstance(part, _HOLDERS):
            todo = [(f"{path}.{name}", child) for name, child in part.named_children()] + todo
        else:
            yield path, part
