"""Forward passes of somebody's module: counted, each on a copy as new, nothing left behind."""

from __future__ import annotations

import contextlib
import copy
import inspect
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from rnnscope.dependence.taping import Taping
from rnnscope.errors import CallError, TargetError
from rnnscope.recording.nest import map_tensors
from rnnscope.verification.module_snapshot import Pristine
from rnnscope.verification.target import said

Named = dict[str, Tensor]
_OWN = {"RNN": ("h_n",), "GRU": ("h_n",), "LSTM": ("h_n", "c_n")}


@dataclass(frozen=True, slots=True, eq=False)
class Pass:
    """What one forward pass gave: the result, its tensors by name, and what it did besides."""

    result: Any
    named: Named
    drew: bool
    kept: tuple[str, ...]
    taping: Taping | None = None


class Passes:
    """A module, an object or a function that is run at most ``most`` times."""

    def __init__(self, target: Any, name: str, most: int) -> None:
        self.target, self.name, self.most = target, name, most
        self.count = self.reserved = 0

    @property
    def left(self) -> int:
        """How many passes may still be run."""
        return self.most - self.reserved - self.count

    @property
    def takes_state(self) -> bool:
        """True when more than one argument may be given by position."""
        function = self.target.forward if isinstance(self.target, nn.Module) else self.target
        try:
            given = inspect.signature(function).parameters.values()
        except (TypeError, ValueError):
            return False
        positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        several = any(p.kind is p.VAR_POSITIONAL for p in given)
        return several or sum(p.kind in positional for p in given) > 1

    def fresh(self, training: bool = False) -> Callable[..., Any]:
        """A copy that shares the parameters and nothing else; a function as it is."""
        if inspect.isroutine(self.target):
            function: Callable[..., Any] = self.target
            return function
        try:
            copied = copy.deepcopy(self.target, _shared(self.target))
        except Exception as error:
            raise TargetError(
                f"{self.name} cannot be copied: {said(error)}; give one that has not been called."
            ) from None
        if isinstance(copied, nn.Module):
            return copied.train(training)
        return copied if callable(copied) else copied.forward  # type: ignore[no-any-return]

    def __call__(
        self, inputs: Any, *, module: Any = None, training: bool = False, seed: int = 0,
        taped: bool = False, grad: bool = False,
    ) -> Pass:  # fmt: skip
        """One pass on copies of the inputs. Raises whatever the module raises."""
        self.count += 1
        module = self.fresh(training) if module is None else module
        given = map_tensors(inputs, lambda t: t if grad else t.detach().clone())
        pristine = Pristine(getattr(module, "__self__", module))
        _seed(seed)
        before, taping = torch.get_rng_state(), Taping(given) if taped else None
        with taping or contextlib.nullcontext(), torch.set_grad_enabled(grad):
            result = module(*given)
        drew = not torch.equal(before, torch.get_rng_state())
        kept = () if inspect.isroutine(module) else tuple(pristine.changed())
        return Pass(result, self.named(result), drew, kept, taping)

    def tried(self, inputs: Any, **options: Any) -> Pass | None:
        """A pass, None where the module refuses it or none is left."""
        if self.left <= 0:
            return None
        try:
            return self(inputs, **options)
        except Exception:
            return None

    def first(self, inputs: Any) -> Pass:
        """The pass that must succeed. Raises CallError, one sentence."""
        try:
            done = self(inputs, taped=True)
        except Exception as error:
            sizes = ", ".join(str(tuple(t.shape)) for t in inputs if isinstance(t, Tensor))
            raise CallError(
                f"{self.name} refuses input {sizes}: {said(error)}; give sizes that it takes with "
                "--input, as in --input 3,7,10."
            ) from None
        if not done.named:
            raise CallError(
                f"{self.name} returns no tensor, and nothing can be seen to move: let it return "
                "one, of a PackedSequence the padded one."
            )
        return done

    def named(self, result: Any) -> Named:
        """The tensors of a result, by torch's own names where it is torch's own layer."""
        found = dict(_named(result, ""))
        own = _OWN.get(type(self.target).__name__, ())
        if own and type(self.target).__module__.startswith("torch.nn"):
            names = ("output", *own)
            found = dict(zip(names, found.values(), strict=True))
        return found


def _named(value: Any, path: str) -> Iterator[tuple[str, Tensor]]:
    if isinstance(value, Tensor):
        yield path or "output", value
    elif isinstance(value, PackedSequence):
        return  # its one axis is samples and steps at once
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _named(item, f"{path}[{key!r}]" if path else str(key))
    elif isinstance(value, (tuple, list)):
        for index, item in enumerate(value):
            first = not path and index == 0 and isinstance(item, Tensor)
            yield from _named(item, "output" if first else f"{path or 'result'}[{index}]")


def _shared(target: Any) -> dict[int, Any]:
    """What a copy has in common with the original: parameters, and detached what has a graph."""
    if not isinstance(target, nn.Module):
        return {}
    memo: dict[int, Any] = {id(p): p for p in target.parameters()}
    for module in target.modules():
        for value in vars(module).values():
            for item in value if isinstance(value, (tuple, list)) else (value,):
                if isinstance(item, Tensor) and not item.is_leaf:
                    memo[id(item)] = item.detach().clone()
    return memo


def _seed(seed: int) -> None:
    torch.manual_seed(seed)
    random.seed(seed)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed)
