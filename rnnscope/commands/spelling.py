"""The options of a layer as torch spells them: ``--num_layers 2``, ``num_layers=2``, bias=False."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rnnscope.errors import ConfigError

# Commands whose words name a layer.
COMMANDS = ("inspect", "explain", "check")
_FLAGS = ("batch-first", "bidirectional", "bias")
_SIZES = ("input-size", "hidden-size")
_VALUES = ("num-layers", "nonlinearity", "dropout", "proj-size", "dtype", "device")


def spelled(words: list[str]) -> list[str]:
    """The same words as the command line's own options have them. Raises ConfigError.

    >>> spelled(["LSTM", "10", "20", "num_layers=2", "--batch_first", "bias=False"])
    ['LSTM', '10', '20', '--num-layers', '2', '--batch-first', '--no-bias']
    """
    rest, result = list(words), list[str]()
    while rest:
        word = rest.pop(0)
        if word == "--":
            return [*result, word, *rest]
        _refuse_negative(word, result)
        result += _spelled(word, rest)
    return result


def _spelled(word: str, rest: list[str]) -> Iterator[str]:
    """One option, with its value when that is the next word."""
    name, equals, value = word.removeprefix("--").partition("=")
    name, dashed = name.replace("_", "-"), word.startswith("--")
    if not (dashed or (equals and name in (*_FLAGS, *_SIZES, *_VALUES))):
        yield word
    elif name in _FLAGS:
        if not equals:
            value = rest.pop(0) if rest[:1] in (["True"], ["False"]) else "True"
        yield from _flag(name, value)
    elif name in _SIZES and (equals or rest):
        yield value if equals else rest.pop(0)
    else:
        yield f"--{name}"
        if equals:
            yield value.removeprefix("torch.")


def _flag(name: str, value: str) -> Iterator[str]:
    if value not in ("True", "False"):
        raise ConfigError(name.replace("-", "_"), value, "True or False")
    if name == "bias":
        yield from ["--no-bias"] if value == "False" else []
    elif value == "True":
        yield f"--{name}"


def _refuse_negative(word: str, before: list[str]) -> None:
    """A size below zero would be taken for an option."""
    if re.fullmatch(r"-\d[\d.]*", word) and before and not before[-1].startswith("-"):
        name = "hidden_size" if before[-1].isdigit() else "input_size"
        raise ConfigError(name, int(float(word)), "a whole number greater than 0")
