"""Runs without dropout: another length draws another mask, which says nothing of the program."""

from __future__ import annotations

from typing import Any

from rnnscope.recording.tape import RECURRENT_KERNELS, Call, Tape


def draws(tape: Tape) -> bool:
    """True when a step draws random numbers somewhere."""
    return any(call.random is not None for call in tape.calls)


def without_dropout(call: Call, args: Any, kwargs: Any) -> tuple[Any, Any]:
    """The arguments of a call with its dropout switched off."""
    if call.name in RECURRENT_KERNELS and "cell" not in call.name:
        return tuple(0.0 if isinstance(value, float) else value for value in args), kwargs
    if "dropout" in call.name:
        named = kwargs | {"training": False} if "training" in kwargs else kwargs
        return tuple(False if value is True else value for value in args), named
    return args, kwargs
