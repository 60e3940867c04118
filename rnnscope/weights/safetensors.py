"""safetensors: eight bytes that tell the length of a JSON header, the header, the numbers.

Source: "Format" in the documentation of safetensors. Only the header is read, and all of its
promises are checked: no tensor lies outside of the file, upon another, or behind a gap.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any, NoReturn

from rnnscope.weights.stored import (
    ITEM_BYTES,
    MOST_HEADER,
    MOST_TENSORS,
    MalformedError,
    Stored,
    checked_name,
    checked_shape,
    is_count,
)

_DTYPES = {
    "BOOL": "bool",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
    "BF16": "bfloat16",
    "C64": "complex64",
    **{f"U{bits}": f"uint{bits}" for bits in (8, 16, 32, 64)},
    **{f"I{bits}": f"int{bits}" for bits in (8, 16, 32, 64)},
    **{f"F{bits}": f"float{bits}" for bits in (16, 32, 64)},
}


def tensors(path: Path, size: int) -> Iterator[Stored]:
    """Every tensor that the header of a file of ``size`` bytes describes. Raises MalformedError."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > min(size - 8, MOST_HEADER):
            most = (
                f"{MOST_HEADER:,} is the most" if length <= size - 8 else f"the file has {size:,}"
            )
            raise MalformedError(f"its header is {length:,} bytes long, and {most}")
        header = _header(file.read(length))
    end = 0
    for tensor, stop in sorted(_described(header, 8 + length), key=_place):
        if tensor.offset != 8 + length + end:
            raise MalformedError(f"{tensor.name} does not begin where the tensor before it ends")
        end = stop
        yield tensor
    if 8 + length + end != size:
        raise MalformedError(
            f"its tensors end at byte {8 + length + end:,}, and the file has {size:,}"
        )


def _place(described: tuple[Stored, int]) -> tuple[int, int]:
    return described[0].offset or 0, described[1]


def _header(text: bytes) -> dict[str, Any]:
    # Each bracket may become an object of a hundred bytes: they are counted before.
    if text.count(b"{") + text.count(b"[") > 4 * MOST_TENSORS:
        raise MalformedError("its header has more parts than 100,000 tensors need")
    try:
        found = json.loads(text, object_pairs_hook=_pairs, parse_constant=_refuse_constant)
    except RecursionError:
        raise MalformedError("its header is nested too deeply") from None
    except MalformedError:
        raise
    except ValueError:
        raise MalformedError("its header is no JSON") from None
    if not isinstance(found, dict):
        raise MalformedError("its header is no JSON object")
    return found


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedError("its header has the same key twice")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedError(f"its header says {name} where a whole number belongs")


def _described(header: dict[str, Any], start: int) -> Iterator[tuple[Stored, int]]:
    """Each tensor, and where its bytes end among the numbers, which begin at ``start``."""
    for key, value in header.items():
        if key == "__metadata__":
            continue
        name = checked_name(key)
        if not isinstance(value, dict) or not {"dtype", "shape", "data_offsets"} <= value.keys():
            raise MalformedError(f"{name} has no dtype, shape and data_offsets")
        dtype = _DTYPES.get(str(value["dtype"]))
        if dtype is None:
            raise MalformedError(
                f"{name} has the dtype {str(value['dtype'])[:20]!a}, which is unknown"
            )
        shape = checked_shape(name, value["shape"])
        begin, end = _offsets(name, value["data_offsets"])
        if end - begin != prod(shape) * ITEM_BYTES[dtype]:
            raise MalformedError(
                f"{name} of shape {shape} and {dtype} does not take {end - begin} bytes"
            )
        yield Stored(name, shape, dtype, start + begin), end


def _offsets(name: str, value: object) -> tuple[int, int]:
    if isinstance(value, list) and len(value) == 2:
        begin, end = value
        if is_count(begin) and is_count(end) and begin <= end:
            return begin, end
    raise MalformedError(f"{name} has data_offsets that are no two places in the file")
