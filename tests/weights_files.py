"""Weights files written by hand, byte for byte: sound ones, broken ones, and ones that attack."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

SAFE_NAMES = {"float16": "F16", "bfloat16": "BF16", "float32": "F32", "float64": "F64"}
TENSOR = "torch._utils _rebuild_tensor_v2".replace(" ", "\n")


def safetensors(header: object, data: bytes = b"") -> bytes:
    """The container around a header, which is an object or the bytes themselves."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def safe(shape: Sequence[Any], begin: Any, end: Any, dtype: str = "F32") -> dict[str, Any]:
    """One entry of a header."""
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


def safe_state(state: Mapping[str, Any]) -> bytes:
    """A state_dict of tensors as a safetensors file."""
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, tensor in state.items():
        numbers = bytes(tensor.contiguous().view(-1).untyped_storage())
        dtype = SAFE_NAMES[str(tensor.dtype).removeprefix("torch.")]
        header[name] = safe(tensor.shape, len(data), len(data) + len(numbers), dtype)
        data += numbers
    return safetensors(header, data)


def archive(pickled: bytes, storages: Mapping[str, bytes] | None = None, **options: Any) -> bytes:
    """What torch.save writes around a pickle; other entries by name, as bytes."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", **options) as written:
        written.writestr("model/data.pkl", pickled)
        written.writestr("model/byteorder", "little", zipfile.ZIP_STORED)
        written.writestr("model/version", "3\n")
        for key, numbers in (storages or {}).items():
            written.writestr(f"model/data/{key}", numbers)
    return held.getvalue()


def text(value: str) -> bytes:
    """A pickle's operation that pushes a text."""
    raw = value.encode("utf-8", "surrogatepass")
    return b"X" + struct.pack("<I", len(raw)) + raw


def number(value: int) -> bytes:
    """A pickle's operation that pushes a whole number, of any size and sign."""
    return pickle.dumps(value, 2)[2:-1]


def numbers(values: Sequence[int]) -> bytes:
    """A pickle's operations that push a tuple."""
    return b"(" + b"".join(map(number, values)) + b"t"


def tensor(
    shape: Sequence[int],
    stride: Sequence[int],
    offset: int = 0,
    count: int = 400,
    storage: str = "torch\nFloatStorage",
    key: str = "0",
) -> bytes:
    """A pickle's operations that push a tensor, as torch.save writes them."""
    place = b"(" + text("storage") + b"c" + storage.encode() + b"\n" + text(key) + text("cpu")
    place += number(count) + b"tQ"
    arguments = b"(" + place + number(offset) + numbers(shape) + numbers(stride) + b"\x89}t"
    return b"c" + TENSOR.encode() + b"\n" + arguments + b"R"


def dictionary(**items: bytes) -> bytes:
    """A pickle's operations that push a dictionary."""
    return b"}(" + b"".join(text(key) + value for key, value in items.items()) + b"u"


def program(body: bytes, protocol: int = 2) -> bytes:
    """A whole pickle."""
    return b"\x80" + bytes([protocol]) + body + b"."


def call(function: str, *arguments: str) -> bytes:
    """A pickle's operations that call a function: what an attack is made of."""
    module, _, name = function.rpartition(".")
    pushed = b"".join(map(text, arguments))
    return f"c{module}\n{name}\n".encode() + b"(" + pushed + b"tR"


def saved(body: bytes, bytes_held: int = 1600) -> bytes:
    """An archive whose pickle is this body, with a storage of 400 numbers."""
    return archive(program(body), {"0": bytes(bytes_held)})
