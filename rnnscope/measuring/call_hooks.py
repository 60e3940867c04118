"""Hear of every call that a running model makes of its recurrent layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from rnnscope.errors import CallError
from rnnscope.facts import LayerFacts
from rnnscope.measuring.find_layers import LiveLayer
from rnnscope.measuring.measurement import arguments, facts_of


@dataclass(slots=True)
class Heard:
    """Calls of the same shapes: the facts of the first one, its number from 0, and how many.

    ``facts`` is None for a class whose own forward takes or returns something else than torch's.
    """

    facts: LayerFacts | None
    index: int
    count: int = 1


@dataclass(slots=True, eq=False)
class Observation:
    """One layer and what was heard of it.

    ``first`` orders the layers by their first call, None for one that was not called. ``pending``
    are the arguments of a call that has begun; it stays when the call raises.
    """

    layer: LiveLayer
    heard: dict[Any, Heard] = field(default_factory=dict)
    first: int | None = None
    calls: int = 0
    pending: tuple[Any, Any] | None = None

    def enter(self, order: int, args: Any, kwargs: Any) -> None:
        """Note that a call begins; ``order`` counts the calls of all layers."""
        if self.first is None:
            self.first = order
        self.pending = arguments(args, kwargs)

    def leave(self, args: Any, kwargs: Any, result: Any) -> None:
        """Note a finished call; one of shapes that were heard before is only counted."""
        self.pending = None
        input, hx = arguments(args, kwargs)
        key = (_signature(input), _signature(hx))
        if key in self.heard:
            self.heard[key].count += 1
        else:
            self.heard[key] = Heard(self._facts(input, hx, result), self.calls)
        self.calls += 1

    def _facts(self, input: object, hx: object, result: object) -> LayerFacts | None:
        try:
            return facts_of(self.layer.config, self.layer.module, input, hx, result)
        except (CallError, ValueError, TypeError, AttributeError):
            return None


def _signature(value: object) -> Any:
    """What makes two calls alike: shapes and dtypes, of packed sequences the lengths too."""
    if isinstance(value, Tensor):
        return value.shape, value.dtype
    if isinstance(value, PackedSequence):
        rows = value.sorted_indices
        order = None if rows is None else tuple(rows.tolist())
        return _signature(value.data), tuple(value.batch_sizes.tolist()), order
    if isinstance(value, (tuple, list)):
        return tuple(_signature(item) for item in value)
    return type(value)


def run_observed(
    model: nn.Module, args: Any, kwargs: Any, observations: Sequence[Observation]
) -> Any:
    """Run the model once, note every call of the layers, and return what the model returns."""
    alone = observations[0]
    if alone.layer.module is model and not _has_hooks(model):
        # Nothing comes between us and the layer, and a scripted one takes no hooks.
        alone.enter(0, args, kwargs)
        result = model(*args, **kwargs)
        alone.leave(args, kwargs, result)
        return result
    with _hooks([o for o in observations if not o.layer.scripted]):
        return model(*args, **kwargs)


def _has_hooks(module: nn.Module) -> bool:
    """True when other hooks may change what goes into the layer or comes out of it."""
    if isinstance(module, torch.jit.ScriptModule):
        return False
    return bool(module._forward_pre_hooks or module._forward_hooks)


@contextmanager
def _hooks(observations: Sequence[Observation]) -> Iterator[None]:
    """Hear of every call: last before the layer runs, first after it, so as to see what it sees."""
    order = iter(range(2**62))
    with ExitStack() as stack:
        for observation in observations:
            # The hooks hold the observation: a replica that DataParallel makes is another module.
            def before(
                _: nn.Module, args: object, kwargs: object, of: Observation = observation
            ) -> None:
                of.enter(next(order), args, kwargs)

            def after(
                _: nn.Module,
                args: object,
                kwargs: object,
                result: object,
                of: Observation = observation,
            ) -> None:
                of.leave(args, kwargs, result)

            module = observation.layer.module
            pre = module.register_forward_pre_hook(before, with_kwargs=True)
            stack.callback(pre.remove)
            post = module.register_forward_hook(after, with_kwargs=True, prepend=True)
            stack.callback(post.remove)
        yield
