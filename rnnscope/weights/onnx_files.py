"""ONNX: the LSTM, GRU and RNN nodes of a graph, one for each layer of a stack.

Source: the operators LSTM, GRU and RNN of the ONNX standard: W (D, gates*H, I), R (D, gates*H, H)
and B (D, 2*gates*H) with the gates in the orders i, o, f, c and z, r, h. The onnx package reads the
file; tensors that lie in other files are not looked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rnnscope.errors import TargetError
from rnnscope.weights.stored import MalformedError, Stored, checked_name, checked_shape

_DTYPES = {1: "float32", 10: "float16", 11: "float64", 16: "bfloat16"}
_ORDERS = {"LSTM": "iofg", "GRU": "zrn", "RNN": "h"}


def tensors(path: Path, size: int) -> Iterator[Stored]:
    """The parameters of every recurrent node, under torch's names. Raises MalformedError."""
    try:
        import onnx
    except ImportError:
        raise TargetError(
            f"{path} needs the onnx package to be read: pip install 'rnnscope[onnx]'."
        ) from None
    try:
        graph: Any = onnx.load_model(str(path), load_external_data=False).graph
    except Exception as error:  # protobuf's and onnx's own, whatever they are
        raise MalformedError("it is no ONNX model") from error
    held = {tensor.name: tensor for tensor in graph.initializer}
    for index, node in enumerate(graph.node):
        if node.op_type in _ORDERS and node.domain in ("", "ai.onnx"):
            yield from _node(node, f"{node.op_type}_{index}", held)


def _node(node: Any, number: str, held: dict[str, Any]) -> Iterator[Stored]:
    path = checked_name(node.name.strip("/").replace("/", ".") or number)
    note = ", ".join(_strange(node))
    names = ("weight_ih", "weight_hh", "bias")
    for name, source in zip(names, node.input[1:4], strict=False):
        if not source:
            continue
        if source not in held:
            raise MalformedError(f"{name} of {path} is computed in the graph, not stored")
        for parameter, shape in _parameters(name, path, tuple(held[source].dims), node):
            dtype = _DTYPES.get(held[source].data_type, "bool")
            order = _ORDERS[node.op_type]
            yield Stored(f"{path}.{parameter}", shape, dtype, gates=order, note=note)


def _parameters(
    name: str, path: str, dims: tuple[int, ...], node: object
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Names and shapes of torch's parameters for one input of a node, each direction's own."""
    directions, *shape = checked_shape(f"{name} of {path}", dims) or (0,)
    ends = {"bidirectional": ("", "_reverse"), "reverse": ("_reverse",)}
    suffixes = ends.get(_attributes(node).get("direction", ""), ("",))
    if directions != len(suffixes) or len(shape) != (1 if name == "bias" else 2):
        raise MalformedError(f"{name} of {path} has the shape {dims}, which ONNX does not know")
    for suffix in suffixes:
        if name == "bias":
            yield f"bias_ih_l0{suffix}", (shape[0] // 2,)
            yield f"bias_hh_l0{suffix}", (shape[0] - shape[0] // 2,)
        else:
            yield f"{name}_l0{suffix}", tuple(shape)


def _attributes(node: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for attribute in node.attribute:
        strings = [text.decode("utf-8", "replace") for text in (*attribute.strings, attribute.s)]
        found[attribute.name] = attribute.i or ",".join(filter(None, strings))
    return found


def _strange(node: Any) -> Iterator[str]:
    """In which ways the node computes something else than torch's layer with its defaults."""
    attributes = _attributes(node)
    if node.op_type == "GRU" and attributes.get("linear_before_reset") != 1:
        yield "linear_before_reset=0, where torch.nn.GRU resets after the product"
    for name in ("activations", "clip", "input_forget"):
        if attributes.get(name):
            yield checked_name(f"{name}={attributes[name]}"[:60])
