"""A layer as Python writes it: the text read back, and arguments bound as torch binds them."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from rnnscope.cells import PROJECTED_KINDS, Kind
from rnnscope.errors import ConfigError, ConfigSyntaxError

_OTHER_NAMES = {
    "hidden_dim": "hidden_size",
    "units": "hidden_size",
    "hidden": "hidden_size",
    "input_dim": "input_size",
    "embedding_dim": "input_size",
    "n_layers": "num_layers",
    "layers": "num_layers",
    "num_directions": "bidirectional",
    "batchfirst": "batch_first",
    "activation": "nonlinearity",
    "use_bias": "bias",
    "projection_size": "proj_size",
}


def bound_arguments(
    kind: Kind, args: Sequence[object], kwargs: Mapping[str, object]
) -> dict[str, Any]:
    """Options by name, bound as ``torch.nn.<kind>(*args, **kwargs)`` binds them."""
    if len(args) > len(kind.options):
        raise ConfigError(
            "arguments",
            tuple(args),
            f"{kind.name} takes at most {len(kind.options)} positional ones",
        )
    bound = dict(zip(kind.options, args, strict=False))
    for name, value in kwargs.items():
        if name not in kind.options:
            raise ConfigError(name, value, f"{kind.name} has no such option", _meant(name, kind))
        if name in bound:
            raise ConfigError(name, value, "it was already given by position")
        if name == "proj_size" and kind.name not in PROJECTED_KINDS:
            raise ConfigError(
                name,
                value,
                f"only the LSTM has a projection, {kind.name} has none",
                "Leave it out.",
            )
        bound[name] = value
    for name in ("input_size", "hidden_size"):
        if name not in bound:
            raise ConfigError(name, None, f"{kind.name} needs it", f"Write {kind.name}(10, 20).")
    if bound.get("nonlinearity", "tanh") is None:
        # None is no default of torch's: nn.RNN refuses it at once, nn.RNNCell in its first call.
        bound["nonlinearity"] = str(None)
    for name in ("device", "dtype"):
        if bound.get(name, "") is None:
            del bound[name]
        elif name in bound:
            bound[name] = str(bound[name]).removeprefix("torch.")
    return bound


def _meant(name: str, kind: Kind) -> str | None:
    folded = name.casefold()
    meant = _OTHER_NAMES.get(folded) or next(
        iter(difflib.get_close_matches(folded, kind.options, 1, 0.7)), None
    )
    return f"Did you mean {meant}?" if meant else None


_PRINTED_NAME = re.compile(r"^\(?[\w.]+\)?\s*[:=]\s*")


def read_call(text: str) -> tuple[str, list[Any], dict[str, Any]]:
    """The name and the arguments of a call in Python's notation; literals only."""
    example = "write it as Python does, such as LSTM(10, 20, num_layers=2)"
    try:
        tree = ast.parse(_PRINTED_NAME.sub("", text.strip(), count=1), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ConfigSyntaxError(
            "layer", text, f"this does not read as a layer; {example}"
        ) from None
    if not isinstance(tree, ast.Call):
        raise ConfigSyntaxError("layer", text, f"this is no call; {example}")
    try:
        name = ast.unparse(tree.func).rpartition(".")[2]
        args = [_literal(node) for node in tree.args]
        kwargs = {str(k.arg): _literal(k.value) for k in tree.keywords if k.arg is not None}
        if len(kwargs) != len(tree.keywords):
            raise ValueError
    except (ValueError, RecursionError):
        raise ConfigSyntaxError(
            "layer", text, f"only literal values can be read, no names or sums; {example}"
        ) from None
    return name, args, kwargs


def _literal(node: ast.expr) -> Any:
    """A literal, or ``torch.float64`` and ``torch.device("cpu")`` by their names."""
    if isinstance(node, ast.Attribute) and ast.unparse(node).startswith("torch."):
        return node.attr
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.device" and node.args:
        return _literal(node.args[0])
    return ast.literal_eval(node)
