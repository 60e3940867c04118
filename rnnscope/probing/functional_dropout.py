"""Dropout functions that ``model.eval()`` does not reach, since nobody tells them the mode."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any

import torch.nn.functional as F  # noqa: N812  (the name that everybody gives it)
from torch import nn

from rnnscope.frames import frame_running, is_users
from rnnscope.recording.user_code import line_of
from rnnscope.sources import nodes, spans
from rnnscope.subjects.training import DropoutAlwaysOn

# Those that are on when nothing is said: alpha_dropout and feature_alpha_dropout are off.
DROPOUTS = ("dropout", "dropout1d", "dropout2d", "dropout3d")
_DROPOUT_CODES = frozenset(getattr(F, name).__code__ for name in DROPOUTS)
_POSITION = 2  # of ``training`` among the arguments, after input and p


class Dropouts:
    """Hears of the calls of dropout functions; ``report`` is told of those that are always on."""

    def __init__(self, report: Callable[[DropoutAlwaysOn], None]) -> None:
        self.report = report
        self._repaired: dict[tuple[str, int], str | None] = {}

    def called(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        """A dropout function has run: torch hands on its arguments with all defaults filled in."""
        if kwargs.get("training") is not True or not kwargs.get("p"):
            return
        function = frame_running(sys._getframe(1), _DROPOUT_CODES)
        caller = function.f_back if function is not None else None
        if function is None or caller is None or not is_users(caller.f_code.co_filename):
            return
        running = frame_running(caller, (nn.Module._call_impl.__code__,))
        module = running.f_locals.get("self") if running is not None else None
        if module is None or module.training:
            return
        name = function.f_code.co_name
        repaired = self._repair(caller, name)
        if repaired is not None:
            kind = type(module).__name__
            place = line_of(caller)
            self.report(DropoutAlwaysOn(name, float(kwargs["p"]), kind, repaired, place))

    def _repair(self, caller: FrameType, name: str) -> str | None:
        """The call with its mode, where it is written without; None where that is not known."""
        key = caller.f_code.co_filename, caller.f_lineno
        if key not in self._repaired:
            self._repaired[key] = _repaired(*key, name)
        return self._repaired[key]


def _repaired(file: str, line: int, name: str) -> str | None:
    calls = [call for call in nodes(file, ast.Call) if spans(call, line) and _is_of(call, name)]
    if not calls or any(_tells_mode(call) for call in calls):
        return None
    call = calls[-1]
    call.keywords.append(ast.keyword("training", ast.parse("self.training", mode="eval").body))
    return ast.unparse(call)


def _is_of(call: ast.Call, name: str) -> bool:
    return ast.unparse(call.func).rpartition(".")[2] == name


def _tells_mode(call: ast.Call) -> bool:
    """True when ``training`` is among the arguments, or may be."""
    starred = any(isinstance(argument, ast.Starred) for argument in call.args)
    named = any(keyword.arg in (None, "training") for keyword in call.keywords)
    return starred or named or len(call.args) > _POSITION
