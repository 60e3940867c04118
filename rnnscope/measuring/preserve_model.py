"""Run somebody's model and leave it as it was: attributes, buffers, modes, random streams."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from rnnscope.measuring.randomness import preserved_randomness, preserved_torch_randomness
from rnnscope.unobserved import unobserved


@contextmanager
def untouched(model: nn.Module) -> Iterator[None]:
    """Run a block without gradients, then put back all that running ``model`` may have changed.

    These are the attributes of every module (training mode and states kept on self included), the
    buffers (the block works on copies of them), the random streams and the default dtype.
    A list that a module appends to in its forward is the one thing that stays changed.
    """
    default = torch.get_default_dtype()
    before = [(module, dict(module.__dict__)) for module in model.modules() if _plain(module)]
    copies: dict[int, Tensor] = {}
    plain = all(type(module).__module__.startswith("torch.nn.") for module, _ in before)
    streams = preserved_torch_randomness() if plain else preserved_randomness()
    compiled = any(_compiled(module) for module, _ in before)
    with unobserved(), streams, torch.no_grad(), _eagerly() if compiled else nullcontext():
        try:
            for module, _ in before:
                _work_on_copies(module, copies)
            yield
        finally:
            for module, attributes in before:
                _put_back(module, attributes)
            torch.set_default_dtype(default)


def _plain(module: nn.Module) -> bool:
    """False for a scripted module, whose attributes live outside Python."""
    return not isinstance(module, torch.jit.ScriptModule)


def _work_on_copies(module: nn.Module, copies: dict[int, Tensor]) -> None:
    """Give the module a dictionary of its own with cloned buffers; tied ones stay tied."""
    buffers = module._buffers
    if not buffers:
        return
    for buffer in buffers.values():
        if buffer is not None and id(buffer) not in copies:
            copies[id(buffer)] = buffer.detach().clone()
    module.__dict__["_buffers"] = {
        name: None if buffer is None else copies[id(buffer)] for name, buffer in buffers.items()
    }


def _put_back(module: nn.Module, attributes: dict[str, Any]) -> None:
    now = module.__dict__
    for name in [name for name in now if name not in attributes]:
        del now[name]
    now.update(attributes)


def _compiled(module: nn.Module) -> bool:
    # The module's own dictionary: a miss in getattr on a module is a costly exception.
    return (
        getattr(module, "_compiled_call_impl", None) is not None or "_orig_mod" in module._modules
    )


@contextmanager
def _eagerly() -> Iterator[None]:
    """Without torch.compile, which would compile anew for the sake of our hooks."""
    with torch.compiler.set_stance("force_eager"):
        yield
