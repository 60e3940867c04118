"""The recurrent layers inside a live model: each once, under all of its names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import nn

from rnnscope.cells import KINDS, Kind
from rnnscope.config import RNNConfig, kind_of
from rnnscope.errors import RnnscopeError, SubjectError
from rnnscope.measuring.measurement import weights_of

# Wrappers that run the module they hold: torch.compile's leaves no trace in the user's own names.
_COMPILED = "_orig_mod"
_QUANTIZED = ("torch.ao.nn.quantized.dynamic", "torch.nn.quantized.dynamic")


@dataclass(frozen=True, slots=True, eq=False)
class LiveLayer:
    """One recurrent layer or cell of a model.

    ``paths`` are its names in the model, several when it is shared, ``""`` when it is the model.
    ``notes`` say in which ways it is not a plain ``torch.nn`` layer.
    """

    paths: tuple[str, ...]
    module: nn.Module
    config: RNNConfig
    notes: tuple[str, ...] = ()

    @property
    def quantized(self) -> bool:
        """True when the weights are packed 8-bit numbers and no parameters."""
        return type(self.module).__module__.startswith(_QUANTIZED)

    @property
    def scripted(self) -> bool:
        """True when the layer runs outside Python, where no hook hears of its calls."""
        return isinstance(self.module, torch.jit.ScriptModule)


def unwrapped(model: nn.Module) -> nn.Module:
    """The module itself, where ``torch.compile`` has wrapped it."""
    return getattr(model, _COMPILED) if _COMPILED in model._modules else model


def layers_of(model: object) -> tuple[LiveLayer, ...]:
    """Every recurrent layer inside a model, in the model's order. Raises SubjectError for none.

    >>> [layer.paths for layer in layers_of(nn.ModuleDict({"a": nn.GRU(2, 3)}))]
    [('a',)]
    """
    if not isinstance(model, nn.Module):
        raise SubjectError(
            f"{type(model).__name__} is no layer: give a torch.nn module, an RNNConfig or a text "
            "such as 'LSTM(10, 20)'."
        )
    found: dict[int, LiveLayer] = {}
    for path, module in _walk(model, ()):
        if id(module) in found:
            known = found[id(module)]
            found[id(module)] = replace(known, paths=(*known.paths, path))
        elif layer := _live(path, module):
            found[id(module)] = layer
    if not found:
        raise SubjectError(
            f"{type(model).__name__} has no recurrent layer inside: "
            f"give a module of {', '.join(KINDS)}, or a model with one in it."
        )
    return tuple(found.values())


def _walk(module: nn.Module, above: tuple[nn.Module, ...]) -> Iterator[tuple[str, nn.Module]]:
    """Every module with its path; shared ones under each path, a cycle only once around."""
    yield "", module
    for name, child in _children(module):
        if any(child is other for other in (*above, module)):
            continue
        for path, inner in _walk(child, (*above, module)):
            parts = [part for part in (name, path) if part and part != _COMPILED]
            yield ".".join(parts), inner


def _children(module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Like named_children, which leaves out a second name of the same child."""
    return ((name, child) for name, child in module._modules.items() if child is not None)


def _live(path: str, module: nn.Module) -> LiveLayer | None:
    kind = kind_of(module) or _look_alike(module)
    if kind is None:
        return None
    try:
        config = _config_of(module, kind)
    except (RnnscopeError, AttributeError, RuntimeError, TypeError):
        return None  # a class of the same name with other options, or a traced layer without any
    return LiveLayer((path,), module, config, tuple(_notes(module, config)))


def _look_alike(module: nn.Module) -> Kind | None:
    """Scripted and quantized layers keep the options of the class that they were made from."""
    if isinstance(module, torch.jit.ScriptModule):
        return KINDS.get(getattr(module, "original_name", ""))
    if type(module).__module__.startswith(_QUANTIZED):
        return KINDS.get(type(module).__name__)
    return None


def _config_of(module: nn.Module, kind: Kind) -> RNNConfig:
    if kind_of(module):
        return RNNConfig.of(module)
    names = [name for name in kind.options[:-2] if name != "nonlinearity"]
    options = {name: getattr(module, name) for name in names if hasattr(module, name)}
    if "nonlinearity" in kind.options:
        options["nonlinearity"] = getattr(module, "nonlinearity", None) or _mode(module)
    parameter = next(module.parameters(), None)
    if parameter is not None:
        options["dtype"] = str(parameter.dtype).removeprefix("torch.")
        options["device"] = str(parameter.device)
    return RNNConfig(kind.name, **options)


def _mode(module: nn.Module) -> str:
    return str(getattr(module, "mode", "RNN_TANH")).removeprefix("RNN_").lower()


def _notes(module: nn.Module, config: RNNConfig) -> Iterator[str]:
    if isinstance(module, torch.jit.ScriptModule):
        yield "scripted: it runs outside Python"
    if type(module).__module__.startswith(_QUANTIZED):
        yield "quantized: its weights are packed 8-bit numbers, it has no parameters"
    if config.device == "meta":
        yield "on the meta device: it has shapes and no numbers"
    computed = weights_of(module).keys() - module._parameters.keys()
    if computed:
        own = ", ".join(name for name, _ in module.named_parameters() if name not in computed)
        yield f"{', '.join(sorted(computed))} computed from other tensors, parameters are {own}"
