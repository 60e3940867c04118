"""``x[i]`` and ``x[i] = y`` where an older torch does not tell a TorchFunctionMode of them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch.overrides import (
    TorchFunctionMode,
    _get_current_function_mode_stack,
    _pop_mode_temporarily,
)

_METHODS = ("__getitem__", "__setitem__")


def patch(mode: type[TorchFunctionMode]) -> Callable[[], None]:
    """Let modes of this class hear of subscripts if they do not anyhow. Returns how to stop."""
    if _are_heard():
        return lambda: None
    own = {name: vars(torch.Tensor).get(name) for name in _METHODS}
    for name in _METHODS:
        setattr(torch.Tensor, name, _told(getattr(torch.Tensor, name), mode))

    def stop() -> None:
        for name, before in own.items():
            if before is None:  # the method of the class above it is there again
                delattr(torch.Tensor, name)
            else:
                setattr(torch.Tensor, name, before)

    return stop


class _Ear(TorchFunctionMode):
    heard = False

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        self.heard |= getattr(func, "__name__", "") == "__getitem__"
        return func(*args, **(kwargs or {}))


@functools.cache
def _are_heard() -> bool:
    with _Ear() as ear:
        torch.zeros(1)[0]
    return bool(ear.heard)


def _told(method: Any, mode: type[TorchFunctionMode]) -> Any:
    @functools.wraps(method)
    def told(tensor: torch.Tensor, *args: Any) -> Any:
        stack = _get_current_function_mode_stack()  # type: ignore[no-untyped-call]
        if not stack or not isinstance(stack[-1], mode):
            return method(tensor, *args)
        with _pop_mode_temporarily() as own:
            return own.__torch_function__(method, (type(tensor),), (tensor, *args))

    return told
