"""What is to be run: built from a text, with the inputs that are written beside it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

from rnnscope.config import RNNConfig
from rnnscope.dependence.inputs import made
from rnnscope.errors import TargetError
from rnnscope.measuring.inputs import read_sizes
from rnnscope.measuring.randomness import preserved_randomness
from rnnscope.verification.construct import build, parse_arguments
from rnnscope.verification.target import loaded, said

_CALL = re.compile(r"^(?:torch\.)?(?:nn\.)?(\w+)\((.*)\)$", re.S)


@contextmanager
def built_target(
    text: str,
    sizes: Sequence[str],
    states: Sequence[str],
    arguments: str | None,
    given: Sequence[Any] = (),
) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """The module or function of a text, and its inputs: ``given``, or of written sizes.

    Raises TargetError, CallError.
    """
    wanted: list[Any] = [*map(read_sizes, sizes)] or [*given]
    handed = [read_sizes(size) for size in states]
    written = _CALL.match(text)
    with preserved_randomness():
        if written and ":" not in text:
            yield _with_inputs(_of_torch(*written.groups()), wanted, handed)
            return
        with loaded(text) as found:
            features = _features(wanted)
            module = _built(found, features, arguments)
            yield _with_inputs(module, wanted, handed)


def _features(wanted: Sequence[Any]) -> int:
    """The last size of the first input, where it is known."""
    first = wanted[0] if wanted else ()
    sizes = first.shape if isinstance(first, Tensor) else first
    sizes = sizes[0] if sizes and isinstance(sizes[0], tuple) else sizes
    return sizes[-1] if sizes and isinstance(sizes[-1], int) else 10


def _of_torch(name: str, arguments: str) -> nn.Module:
    kind = getattr(nn, name, None)
    if not (inspect.isclass(kind) and issubclass(kind, nn.Module)):
        raise TargetError(f"torch.nn has no layer {name!r}: write it as in 'nn.Conv1d(4, 5, 3)'.")
    positional, named = parse_arguments(arguments)
    try:
        module: nn.Module = kind(*positional, **named)
    except Exception as error:
        raise TargetError(
            f"nn.{name}({arguments}) cannot be built: it raises {said(error)}; see its arguments."
        ) from None
    return module


def _built(found: Any, features: int, arguments: str | None) -> Any:
    """A class is built, and so is a function that takes nothing or is given arguments."""
    makes = inspect.isfunction(found) and (arguments is not None or not _parameters(found))
    if inspect.isclass(found) or makes:
        if arguments is None and not any(name[0] != "*" for name in _parameters(found)):
            arguments = ""
        return build(found, RNNConfig("LSTM", features, 20), arguments)
    return found


def _parameters(found: Any) -> list[str]:
    """The arguments of a class or a function; a class without any of its own takes nn.Module's."""
    try:
        return [str(parameter) for parameter in inspect.signature(found).parameters.values()]
    except (TypeError, ValueError):
        return ["?"]


def _with_inputs(
    module: Any, wanted: Sequence[Any], handed: Sequence[Any]
) -> tuple[Any, tuple[Any, ...]]:
    inputs = made(module, wanted)
    states = made(module, handed) if handed else ()
    return module, (*inputs, *((states,) if len(states) > 1 else states))
