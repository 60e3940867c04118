"""Live calls of recurrent layers as LayerCall subjects, each shape examined once."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import nn

from rnnscope.config import RNNConfig
from rnnscope.errors import RnnscopeError
from rnnscope.findings import Finding, Location
from rnnscope.live_specs import sketch
from rnnscope.recording.user_code import here
from rnnscope.subjects import LayerCall, TensorSpec

_OPTIONS = (
    "input_size",
    "hidden_size",
    "num_layers",
    "nonlinearity",
    "bias",
    "batch_first",
    "dropout",
    "bidirectional",
    "proj_size",
)
_KINDS = (nn.RNN, nn.LSTM, nn.GRU, nn.RNNCell, nn.LSTMCell, nn.GRUCell, nn.RNNBase)
_FORWARDS = frozenset(kind.forward for kind in _KINDS)
_MOST = 512  # different calls remembered; varying lengths make many


class LayerCalls:
    """What calls look like, and what the rules said about each: a loop asks them only once."""

    def __init__(
        self,
        built_at: WeakKeyDictionary[nn.Module, Location],
        examine: Callable[[Any], tuple[Finding, ...]],
    ) -> None:
        self.examine = examine
        self.built_at = built_at
        self._configs: WeakKeyDictionary[nn.Module, tuple[Any, RNNConfig]] = WeakKeyDictionary()
        self.different = 0  # calls unlike any before, so far
        self._known: dict[Any, tuple[LayerCall, tuple[Finding, ...]]] = {}

    def of(
        self, module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> tuple[LayerCall | None, tuple[Finding, ...]]:
        """The subject for ``module(*args, **kwargs)``, as it was called at this line."""
        config = self.config(module)
        if config is None:
            return None, ()
        given = given_to(module, args, kwargs)
        if not keeps_contract(module, config, given.get("input")):
            return None, ()
        shapes = (sketch(given.get("input")), sketch(given.get("hx")))
        place, autocast = here(3), _autocast(config.device)
        theirs = own_parameters(module) is not None  # what else it takes is its own affair
        more = () if theirs else tuple(k for k in kwargs if k not in ("input", "hx"))
        key = (config, shapes, len(args), module.training, place, autocast, more)
        known = self._known.get(key)
        if known is None:
            extra = () if theirs else tuple(sketch(value) for value in args[2:])
            self.different += 1
            call = self._call(module, config, shapes, extra, place, autocast, more)
            if len(self._known) >= _MOST:
                self._known.clear()
            known = self._known[key] = (call, self.examine(call))
        return known

    def _call(
        self,
        module: nn.Module,
        config: RNNConfig,
        shapes: tuple[TensorSpec, TensorSpec],
        extra: tuple[TensorSpec, ...],
        place: Location | None,
        autocast: str | None,
        keywords: tuple[str, ...],
    ) -> LayerCall:
        return LayerCall(
            config,
            *shapes,
            extra=extra,
            training=module.training,
            location=place,
            built_at=self.built_at.get(module),
            live=True,
            keywords=keywords,
            autocast=autocast,
        )

    def config(self, module: nn.Module) -> RNNConfig | None:
        """The layer's options as they are now; None for a class that only looks like one."""
        held = vars(module)  # a property or a parametrization would be computed by a look at it
        weights = held.get("_parameters", {})
        weight = weights.get("weight_ih_l0", weights.get("weight_ih"))
        state = tuple(held.get(name) for name in _OPTIONS)
        state += (getattr(weight, "dtype", None), getattr(weight, "device", None))
        known = self._configs.get(module)
        if known is not None and known[0] == state:
            return known[1]
        try:
            config = RNNConfig.of(module)
        except RnnscopeError:
            return None
        self._configs[module] = (state, config)
        return config


def own_parameters(module: nn.Module) -> tuple[str, ...] | None:
    """The arguments of a forward that a subclass wrote itself; None for torch's own."""
    forward = type(module).forward
    if forward in _FORWARDS:
        return None
    return _parameters(forward)


def keeps_contract(module: nn.Module, config: RNNConfig, input: Any) -> bool:
    """Whether a call takes what torch's layer takes: a subclass may turn the axes first."""
    if own_parameters(module) is None:
        return True
    shape = getattr(getattr(input, "data", input), "shape", ())
    return tuple(shape[-1:]) == (config.input_size,)


@lru_cache(maxsize=64)
def _parameters(forward: Callable[..., Any]) -> tuple[str, ...]:
    return tuple(inspect.signature(forward).parameters)[1:]


def given_to(module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """A call's arguments by the names that torch gives them: input and hx."""
    own = own_parameters(module)
    if own is None:
        return dict(zip(("input", "hx"), args, strict=False)) | dict(kwargs)
    given = dict(zip(own, args, strict=False)) | dict(kwargs)
    first = given.get("input", given.get(own[0]) if own else None)
    return {"input": first, "hx": given.get("hx")}


def _autocast(device: str) -> str | None:
    kind = device.partition(":")[0]
    if kind not in ("cpu", "cuda"):
        return None
    if not torch.is_autocast_enabled(kind):
        return None
    return str(torch.get_autocast_dtype(kind)).removeprefix("torch.")
