"""Stored: what a weights file says of one tensor, and the bounds that every reader keeps.

Files are not trusted. A reader takes names, shapes, dtypes and places out of a file's own tables,
runs nothing that the file names, and takes memory in proportion to what it has really read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod

MOST_TENSORS = 100_000  # of one file: the largest models have some thousands
MOST_HEADER = 16 * 2**20  # bytes of a table of contents: those of 100,000 tensors take about ten
LONGEST_NAME = 1_000  # characters: the path of a module, however deep
_MOST_BYTES = 2**63 - 1  # what a signed 64-bit number holds, torch's own bound
_MOST_AXES = 64  # torch's own bound of most operations

# Every dtype that torch.save and safetensors write, by torch's name; bytes of one number.
ITEM_BYTES = {
    **dict.fromkeys(("bool", "uint8", "int8", "float8_e4m3fn", "float8_e5m2"), 1),
    **dict.fromkeys(("int16", "uint16", "float16", "bfloat16"), 2),
    **dict.fromkeys(("int32", "uint32", "float32"), 4),
    **dict.fromkeys(("int64", "uint64", "float64", "complex64"), 8),
    "complex128": 16,
}


class MalformedError(ValueError):
    """What is wrong with a file, without its name: ``reading.py`` makes the sentence of it."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One tensor of a file, as its table of contents describes it; no number of it is read.

    ``offset`` is where its first number lies in the file, None when the numbers do not lie there
    row by row (views, the format before torch 1.6, a state_dict in memory). ``gates`` are the
    letters of the gates in the order of the file, where that is not torch's.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    offset: int | None = None
    gates: str = ""
    note: str = ""

    @property
    def nbytes(self) -> int:
        return prod(self.shape) * ITEM_BYTES[self.dtype]


def checked_sizes(name: str, sizes: object) -> tuple[int, ...]:
    """Sizes or strides, if they are whole numbers that 64 bits hold. Raises MalformedError."""
    found = tuple(sizes) if isinstance(sizes, list | tuple) else None
    if found is None or len(found) > _MOST_AXES or not all(map(is_count, found)):
        raise MalformedError(f"{name} has no sizes that a tensor can have")
    return found


def checked_shape(name: str, shape: object) -> tuple[int, ...]:
    """The shape of a tensor whose bytes can be counted. Raises MalformedError."""
    sizes = checked_sizes(name, shape)
    if prod(sizes) * max(ITEM_BYTES.values()) > _MOST_BYTES:
        raise MalformedError(f"{name} has more numbers than a 64-bit number can count")
    return sizes


def is_count(value: object) -> bool:
    """True for a whole number from 0 to what 64 bits hold; True and False are none."""
    return type(value) is int and 0 <= value <= _MOST_BYTES


def checked_name(name: object) -> str:
    """A name that can be printed: it is the file's, and may try to steer the terminal."""
    if not isinstance(name, str):
        raise MalformedError(f"a tensor is named by a {type(name).__name__}, not by a text")
    if len(name) > LONGEST_NAME:
        raise MalformedError(f"a tensor has a name of more than {LONGEST_NAME:,} characters")
    return name if name.isprintable() else ascii(name)[1:-1]


def by_name(tensors: Iterable[Stored]) -> Mapping[str, Stored]:
    """The tensors of a file by name, each once. Raises MalformedError."""
    found: dict[str, Stored] = {}
    for tensor in tensors:
        if tensor.name in found:
            raise MalformedError(f"it names {tensor.name} twice")
        found[tensor.name] = tensor
        if len(found) > MOST_TENSORS:
            raise MalformedError(f"it names more than {MOST_TENSORS:,} tensors")
    return found
