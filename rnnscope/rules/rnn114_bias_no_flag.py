"""RNN114: a bias of a cell that was meant for another option."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rnnscope.cells import KINDS
from rnnscope.config_validation import NONLINEARITIES
from rnnscope.findings import Severity
from rnnscope.rules.construction import given
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Construction

_OF_TORCH = ("device", "dtype")


@rule("RNN114", "bias-no-flag", Severity.WARNING, Construction)
def bias_no_flag(construction: Construction) -> Iterator[Problem]:
    """A cell takes anything for bias: a name, a number, a device.

    What it does
    ------------
    Looks for a bias of a cell that is neither True nor False, nor a 1 or 0 in their place.

    Why is this bad?
    ----------------
    After hidden_size comes bias, and a cell never checks it. The "relu" of
    ``nn.RNNCell(4, 50, "relu")`` only says that there is a bias: the cell computes tanh. So does a
    dropout, a number of layers or a device by position.

    Example
    -------
    cell = nn.RNNCell(4, 50, "relu")  # RNN114

    Use instead
    -----------
    cell = nn.RNNCell(4, 50, nonlinearity="relu")
    """
    kind = KINDS.get(construction.kind)
    bias = given(construction).get("bias", True)
    # Layers check it themselves since torch 2.10: that is RNN104.
    if kind is None or not kind.single_step or not _is_no_flag(bias):
        return
    order = ", ".join(kind.options[: max(len(construction.args), 3)])
    yield Problem(
        f"{bias!r} is taken for bias={bool(bias)}: the positional order of {kind.name} is {order}.",
        _meant(bias, "nonlinearity" in kind.options),
    )


def _is_no_flag(value: Any) -> bool:
    if isinstance(value, int):
        return value not in (0, 1)
    of_torch = type(value).__module__ == "torch" and type(value).__name__ in _OF_TORCH
    return isinstance(value, (str, float)) or of_torch


def _meant(value: Any, has_nonlinearity: bool) -> str:
    """What was meant by a value of this type."""
    if isinstance(value, str) and value in NONLINEARITIES and has_nonlinearity:
        return f"nonlinearity={value!r}"
    if type(value).__name__ == "device":
        return f"device={str(value)!r}"
    if type(value).__name__ == "dtype":
        return f"dtype={value}"
    if isinstance(value, float):
        return f"put nn.Dropout({value:g}) after the cell: it has no dropout of its own"
    if isinstance(value, int):
        return f"a cell is one layer: build {value} of them in an nn.ModuleList"
    return "bias=True or bias=False"
