"""Whose axes are asked for: a live module's, or those of what a text names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rnnscope.dependence.finding import depends_of
from rnnscope.dependence.inputs import made
from rnnscope.dependence.parts import dependences_of_parts
from rnnscope.dependence.promises import promises_of
from rnnscope.dependence.report import Depends
from rnnscope.dependence.targets import built_target
from rnnscope.rules import examine
from rnnscope.torch_import import torch_version
from rnnscope.unobserved import tell


def depends_of_module(target: Any, inputs: Sequence[Any], parts: bool) -> Depends:
    """What ``rnnscope.depends`` returns."""
    given = made(target, inputs)
    found = depends_of(target, given)
    findings = examine(promises_of(target, found))
    tell(findings)
    each = tuple(dependences_of_parts(target, given)) if parts else ()
    return Depends((), findings, torch_version(), found=found, parts=each)


def depends_of_target(
    target: str,
    inputs: Sequence[str] = (),
    states: Sequence[str] = (),
    *,
    given: Sequence[Any] = (),
    arguments: str | None = None,
    parts: bool = False,
) -> Depends:
    """The same of ``file.py:Name``, ``package.module:Name`` or ``"nn.Conv1d(4, 5, 3)"``.

    ``inputs`` and ``states`` are sizes as they are written, ``arguments`` those of the class.
    Raises CallError, TargetError.
    """
    with built_target(target, inputs, states, arguments, given) as (module, drawn):
        return depends_of_module(module, drawn, parts)
