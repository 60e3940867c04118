"""``name_axes``: the user says what the axes of a tensor are."""

from __future__ import annotations

import sys
from typing import Any, TypeVar

from rnnscope.errors import RnnscopeError

Tensor = TypeVar("Tensor")


class AxisNamesError(RnnscopeError, ValueError):
    """The names given to ``name_axes`` are not as many as the axes of the tensor."""


def name_axes(tensor: Tensor, names: str) -> Tensor:
    """Say what the axes of a tensor are, for the watch that is on; returns the tensor itself.

    ``names`` are separated by spaces, one for each axis, in the words of the torch.nn
    documentation: ``N`` (or B) for independent samples, ``L`` (or T) for steps, ``_`` for what is
    not to be named; all others, as ``H_in``, are features. It is evidence like that of a layer:
    who reads the axis differently afterwards is reported, with this line. Raises AxisNamesError
    where there are not as many names as axes. Without a watch only that is checked.

    >>> import torch
    >>> x = torch.zeros(3, 5, 4)
    >>> name_axes(x, "N L H_in") is x
    True
    >>> name_axes(x, "N L")
    Traceback (most recent call last):
    ...
    rnnscope.axis_names.AxisNamesError: "N L" names 2 axes, but the tensor has 3: (3, 5, 4)
    """
    words, shape = names.split(), tuple(getattr(tensor, "shape", ()))
    if len(words) != len(shape):
        raise AxisNamesError(
            f'"{names}" names {len(words)} axes, but the tensor has {len(shape)}: {shape}'
        )
    if "rnnscope.session" in sys.modules:
        _tell(tensor, words)
    return tensor


def _tell(tensor: Any, words: list[str]) -> None:
    from rnnscope.recording.names import named
    from rnnscope.recording.user_code import here

    named(tensor, words, here(2))
