"""Where the parameters of a file do not fit a layer, and which of its options explains it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import combinations
from typing import Any

from rnnscope.axes import shape_text
from rnnscope.config import RNNConfig
from rnnscope.errors import ConfigError
from rnnscope.prediction import predict
from rnnscope.weights.recognition import Shape, StoredLayer

_TOLD = ("kind", "input_size", "hidden_size", "num_layers", "bias", "bidirectional", "proj_size")
_FLAGS = {
    ("bidirectional", True): "is bidirectional",
    ("bidirectional", False): "is not bidirectional",
    ("bias", True): "has a bias",
    ("bias", False): "has no bias",
}


def misfits(layer: StoredLayer, wanted: RNNConfig) -> Iterator[str]:
    """Each parameter that does not fit, with both shapes and the reason where options tell it.

    >>> from rnnscope.weights.stored import Stored
    >>> from rnnscope.weights.recognition import told
    >>> stored = [Stored("weight_ih", (9, 2), "float32"), Stored("weight_hh", (9, 3), "float32")]
    >>> cell = told("rnn", {tensor.name: tensor for tensor in stored})
    >>> for line in misfits(cell, RNNConfig("GRUCell", 5, 3, bias=False)):
    ...     print(line)
    weight_ih is (9, 2), not (9, 5): the checkpoint has input_size=2
    """
    expected, found = _shapes(wanted), layer.shapes
    for name in (*expected, *(name for name in found if name not in expected)):
        want, got = expected.get(name), found.get(name)
        if want != got:
            reason = _reason(name, got, wanted, layer.config)
            yield f"{_words(name, want, got)}{reason and f': the checkpoint {reason}'}"


def _words(name: str, want: Shape | None, got: Shape | None) -> str:
    if got is None:
        return f"{name} is missing"
    if want is None:
        return f"{name} {shape_text(got)} is left over"
    return f"{name} is {shape_text(got)}, not {shape_text(want)}"


def _reason(name: str, got: Shape | None, wanted: RNNConfig, own: RNNConfig | None) -> str:
    """The fewest options of the file that give this parameter the shape that it has there."""
    differing = [o for o in _TOLD if own and getattr(own, o) != getattr(wanted, o)]
    for count in range(1, len(differing) + 1):
        for options in combinations(differing, count):
            changed = {option: getattr(own, option) for option in options}
            shapes = _with(wanted, changed)
            if shapes is not None and shapes.get(name) == got:
                return ", ".join(_option(o, v) for o, v in changed.items())
    return ""


def _option(name: str, value: Any) -> str:
    if name == "kind":
        return f"is of {value}"
    return _FLAGS.get((name, value), f"has {name}={value}")


def _with(wanted: RNNConfig, changed: Mapping[str, object]) -> Mapping[str, Shape] | None:
    options = {name: getattr(wanted, name) for name in _TOLD} | dict(changed)
    try:
        return _shapes(RNNConfig(**options))
    except ConfigError:
        return None


@cache
def _shapes(config: RNNConfig) -> Mapping[str, Shape]:
    return {parameter.name: parameter.shape for parameter in predict(config).parameters}
