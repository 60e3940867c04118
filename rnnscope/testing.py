"""For test suites: assert how a layer behaves, and that it is the same function as torch's.

Each assertion runs the module on copies, in the mode that it is in. A failure says the smallest
thing that was seen, and shows which step depends on which. Which axes of the first input hold the
samples and the steps is what ``batch`` and ``time`` say, or else the module's ``batch_first``, or
else 0 and 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rnnscope.api import verify
from rnnscope.config import RNNConfig
from rnnscope.dependence.finding import depends_of
from rnnscope.dependence.witnesses import Check, axes_of, checked
from rnnscope.errors import RnnscopeError
from rnnscope.verified import Verified


def assert_equivalent(
    module: object,
    like: str | RNNConfig,
    *,
    arguments: str | None = None,
    mapping: str | None = None,
) -> Verified:
    """Raise AssertionError, with the whole report, unless ``module`` computes what ``like`` does.

    ``module`` is a class, an object or ``"file.py:Name"``. Returns what ``verify`` returns.

    >>> from torch import nn
    >>> assert_equivalent(nn.GRU, like="GRU(10, 20)").verdict
    'same'
    """
    report = verify(module, like, arguments=arguments, mapping=mapping)
    if not report.same:
        raise AssertionError(f"\n{report}")
    return report


def assert_batch_independent(
    module: Any, *inputs: Any, batch: int | None = None, time: int | None = None
) -> None:
    """Raise AssertionError if a change of one sample moves a result of another.

    >>> import torch
    >>> assert_batch_independent(torch.nn.GRU(4, 5), torch.randn(6, 3, 4))
    """
    _hold(module, inputs, (batch, time), Check.leak)


def assert_causal(
    module: Any, *inputs: Any, batch: int | None = None, time: int | None = None
) -> None:
    """Raise AssertionError if a change of one step moves the result of an earlier one.

    >>> import torch
    >>> assert_causal(torch.nn.GRU(4, 5), torch.randn(6, 3, 4))
    """
    _hold(module, inputs, (batch, time), Check.foresight)


def assert_continues(
    module: Any, *inputs: Any, batch: int | None = None, time: int | None = None
) -> None:
    """Raise AssertionError unless two halves, with the state handed on, are the whole.

    The state is what comes back behind the first result; it is given behind the first input.

    >>> import torch
    >>> assert_continues(torch.nn.LSTM(4, 5), torch.randn(6, 3, 4))
    """
    _hold(module, inputs, (batch, time), Check.broken_off)


def assert_padding_invariant(
    module: Any, *inputs: Any, time: int | None = None, by: int = 2, before: bool = False
) -> None:
    """Raise AssertionError if ``by`` more steps of zeros, behind or before, change any result.

    A mask among the inputs gets steps that are all False, or else all True; lengths stay. Of
    results that grow with the input, the old steps are compared.

    >>> import torch
    >>> assert_padding_invariant(lambda x: torch.relu(x).sum(1), torch.randn(3, 6, 4))
    """
    _hold(module, inputs, (None, time), lambda check: check.padding_read(by, before))


def assert_permutation_equivariant(module: Any, *inputs: Any, axis: int | None = None) -> None:
    """Raise AssertionError unless results change places as the slices along an axis do.

    ``axis`` is that of the samples if it is left out. Axes of the other inputs that are as long go
    with it.

    >>> import torch
    >>> assert_permutation_equivariant(torch.nn.GRU(4, 5), torch.randn(6, 3, 4))
    """
    _hold(module, inputs, (axis, None), Check.order_read)


def _hold(
    module: Any,
    inputs: tuple[Any, ...],
    axes: tuple[int | None, int | None],
    look: Callable[[Check], str | None],
) -> None:
    witness = checked(module, inputs, axes_of(module, *axes), look)
    if witness is not None:
        raise AssertionError(f"{witness}{_picture(module, inputs)}")


def _picture(module: Any, inputs: tuple[Any, ...]) -> str:
    """Which step depends on which, where that can be found out."""
    from rnnscope.formats.depended import matrices

    try:
        return f"\n{matrices(depends_of(module, inputs))}"
    except RnnscopeError:
        return ""
