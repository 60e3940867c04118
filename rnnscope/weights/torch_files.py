"""What torch.save writes: a zip archive of a pickle and the tensors' numbers, or the older stream.

Source: ``torch.serialization``, "Serialized file format for torch.save" in the PyTorch notes. The
pickle is followed and never run, see ``pickles.py``; every size is held against the file's own.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Iterator
from math import prod
from pathlib import Path
from typing import Any, TypeGuard

from rnnscope.weights.pickles import STORAGE, Made, Name, described
from rnnscope.weights.stored import (
    ITEM_BYTES,
    LONGEST_NAME,
    MOST_HEADER,
    MalformedError,
    Stored,
    checked_name,
    checked_shape,
    checked_sizes,
    is_count,
)

MOST_PICKLE = 64 * 2**20  # bytes without the numbers: 100,000 tensors take about twenty million
_MOST_DEPTH = 100  # of dicts inside dicts: no model nests deeper, and Python's stack is safe
_MAGIC = 0x1950A86A20F9469CFC6C  # the first pickle of the format before torch 1.6

_STORAGES = {
    "Float": "float32", "Double": "float64", "Half": "float16", "BFloat16": "bfloat16",
    "Long": "int64", "Int": "int32", "Short": "int16", "Char": "int8", "Byte": "uint8",
    "Bool": "bool", "ComplexFloat": "complex64", "ComplexDouble": "complex128",
}  # fmt: skip

# Where the numbers of a storage lie: its key and its bytes -> the place of the first one.
_Places = Callable[[str, int], int | None]


def zipped(path: Path, size: int) -> Iterator[Stored]:
    """Every tensor of an archive of ``size`` bytes. Raises MalformedError."""
    with _Bounded(path) as file, _archive(file) as archive:
        records = _records(archive, size)
        root = _root(records)
        order = records.get(f"{root}/byteorder")
        straight = order is None or _content(archive, order, 10) == b"little"

        def place(key: str, count: int) -> int | None:
            record = records.get(f"{root}/data/{key}")
            held = record.file_size if record else 0
            if record is None or held < count:
                raise MalformedError(f"its storage {key!a} has {held:,} bytes of {count:,}")
            _check_stored(record)
            return _start_of(file, record, size) if straight else None

        pickle = _content(archive, records[f"{root}/data.pkl"], MOST_PICKLE)
        yield from _tensors(described(io.BytesIO(pickle)), place)


def _records(archive: zipfile.ZipFile, size: int) -> dict[str, zipfile.ZipInfo]:
    listed = archive.infolist()
    records = {record.filename: record for record in listed}
    if len(records) != len(listed):
        raise MalformedError("its archive has two entries of the same name")
    if sum(record.compress_size for record in listed) > size:
        raise MalformedError("the entries of its archive overlap")
    return records


def _root(records: dict[str, zipfile.ZipInfo]) -> str:
    pickles = [name for name in records if name.endswith("/data.pkl") and name.count("/") == 1]
    if len(pickles) != 1:
        raise MalformedError("it is a zip archive without the data.pkl that torch.save writes")
    return pickles[0].removesuffix("/data.pkl")


def streamed(path: Path, size: int) -> Iterator[Stored]:
    """Every tensor of the format before torch 1.6. Raises MalformedError."""
    with path.open("rb") as file:
        start = io.BytesIO(file.read(min(size, MOST_PICKLE)))
    if described(start) != _MAGIC:
        raise MalformedError("it is a pickle that torch.save did not write")
    described(start)  # the version of the format
    described(start)  # the machine that wrote it

    def place(key: str, count: int) -> None:
        if count > size:
            raise MalformedError(f"its storage {key!a} has {size:,} bytes of {count:,}")

    yield from _tensors(described(start), place)


class _Bounded(io.FileIO):
    """A file of which no large part is read at once: zipfile reads a directory as a whole."""

    most = MOST_HEADER

    def read(self, size: int | None = -1, /) -> bytes:
        left = os.fstat(self.fileno()).st_size - self.tell()
        wanted = left if size is None or size < 0 else min(size, left)
        if wanted > self.most:
            raise MalformedError("the directory of its archive is too large")
        return super().read(wanted) or b""


def _archive(file: _Bounded) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(file)
    except MalformedError:
        raise
    except Exception as error:  # zipfile has many ways to fail, and not all are its own
        raise MalformedError("its archive is broken or cut off") from error
    file.most = MOST_PICKLE  # the directory is behind us
    return archive


def _content(archive: zipfile.ZipFile, record: zipfile.ZipInfo, most: int) -> bytes:
    """The bytes of an entry that is not compressed, so that they are what the file holds."""
    _check_stored(record)
    if record.file_size > most:
        raise MalformedError(
            f"{record.filename[-40:]!a} has {record.file_size:,} bytes, and {most:,} is the most"
        )
    try:
        return archive.read(record)
    except Exception as error:
        raise MalformedError(f"{record.filename[-40:]!a} is broken or cut off") from error


def _check_stored(record: zipfile.ZipInfo) -> None:
    if record.compress_type or record.compress_size != record.file_size or record.flag_bits & 1:
        raise MalformedError(
            f"{record.filename[-40:]!a} is compressed or encrypted, as torch.save leaves none"
        )


def _start_of(file: io.FileIO, record: zipfile.ZipInfo, size: int) -> int:
    """The place of an entry's first byte, behind a header that has two lengths of its own."""
    file.seek(record.header_offset)
    header = file.read(30)
    name, extra = (int.from_bytes(header[at : at + 2], "little") for at in (26, 28))
    start = record.header_offset + 30 + name + extra
    if header[:4] != b"PK\3\4" or start + record.file_size > size:
        raise MalformedError(f"{record.filename[-40:]!a} does not lie inside of the file")
    return start


def _tensors(root: object, place: _Places) -> Iterator[Stored]:
    """Every tensor in nested dictionaries and attributes, under its path; each dictionary once."""
    seen: set[int] = set()

    def inside(value: object, path: str, depth: int) -> Iterator[Stored]:
        value = _unwrapped(value)
        if not isinstance(value, Made):
            return
        if (storage := _storage_of(value)) is not None:
            yield _stored(checked_name(path), value.arguments, storage, place)
            return
        if id(value) in seen:
            return
        seen.add(id(value))
        if depth > _MOST_DEPTH or len(path) > LONGEST_NAME:
            raise MalformedError("its dictionaries are nested too deeply")
        for key, inner in value.pairs():
            if type(key) is str:
                yield from inside(inner, f"{path}.{key}" if path else key, depth + 1)

    return inside(root, "", 0)


_REBUILT = {f"torch._utils._rebuild_{name}" for name in ("tensor", "tensor_v2", "tensor_v3")}
_PARAMETERS = {f"torch._utils._rebuild_parameter{end}" for end in ("", "_with_state")}


def _unwrapped(value: Any) -> Any:
    """The tensor inside of a Parameter, or of a tensor with attributes of its own."""
    for _ in range(4):
        called = value.called() if isinstance(value, Made) else ""
        if called in _PARAMETERS:
            value = value.arguments[0] if _is_long(value.arguments, 1) else None
        elif called == "torch._tensor._rebuild_from_type_v2" and _is_long(value.arguments, 3):
            value = Made(value.arguments[0], value.arguments[2])
        else:
            break
    return value


def _is_long(arguments: object, least: int) -> TypeGuard[tuple[Any, ...]]:
    return isinstance(arguments, tuple) and len(arguments) >= least


def _storage_of(value: Made) -> tuple[str, str, int] | None:
    """Class, key and number of elements of the storage that a tensor is a view of, or None."""
    if value.called() not in _REBUILT:
        return None
    made = value.arguments[0] if _is_long(value.arguments, 4) else None
    what = made.arguments if isinstance(made, Made) and made.maker is STORAGE else None
    if not _is_long(what, 5) or not isinstance(what[1], Name) or not isinstance(what[2], str):
        raise MalformedError("it has a tensor without a storage")
    if not is_count(what[4]):
        raise MalformedError("it has a storage without a size")
    return what[1].text.rpartition(".")[2].removesuffix("Storage"), what[2], what[4]


def _stored(name: str, arguments: Any, storage: tuple[str, str, int], place: _Places) -> Stored:
    kind, key, numbers = storage
    _, offset, size, stride, *others = arguments
    named = others[2] if len(others) > 2 else None  # the dtype of an untyped storage
    untyped = isinstance(named, Name)
    dtype = named.text.removeprefix("torch.") if isinstance(named, Name) else _STORAGES.get(kind)
    if dtype not in ITEM_BYTES:
        raise MalformedError(f"{name} has the dtype {(dtype or kind)[:40]!a}, which is unknown")
    item = ITEM_BYTES[dtype]
    shape = checked_shape(name, size.arguments[0] if isinstance(size, Made) else size)
    steps = checked_sizes(f"the stride of {name}", stride)
    if not is_count(offset) or len(steps) != len(shape):
        raise MalformedError(f"{name} has no place in its storage")
    last = offset + sum((n - 1) * step for n, step in zip(shape, steps, strict=True))
    held = numbers // item if untyped else numbers
    if prod(shape) and last >= held:
        raise MalformedError(
            f"{name} of shape {shape} is larger than its storage of {held:,} numbers"
        )
    start = place(key, numbers if untyped else numbers * item)
    if start is None or steps != _row_by_row(shape):
        return Stored(name, shape, dtype)
    return Stored(name, shape, dtype, start + offset * item)


def _row_by_row(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(prod(max(n, 1) for n in shape[axis + 1 :]) for axis in range(len(shape)))
