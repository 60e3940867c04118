"""A weights file opened by what it holds, whatever its ending says; one sentence when it cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from rnnscope.errors import TargetError
from rnnscope.weights import safetensors, torch_files
from rnnscope.weights.stored import MalformedError, Stored, by_name


def read_tensors(path: Path) -> Mapping[str, Stored]:
    """Every tensor of a weights file by name, without reading one. Raises TargetError."""
    try:
        if path.exists() and not path.is_file():
            raise MalformedError("it is no file")
        with path.open("rb") as file:
            start = file.read(9)
        return by_name(_reader(path, start)(path, path.stat().st_size))
    except OSError as error:
        raise TargetError(f"cannot read {path}: {error.strerror}; give another file.") from None
    except MalformedError as error:
        raise TargetError(
            f"cannot read {path}: {error}; give a file that torch.save or safetensors wrote."
        ) from None


def _reader(path: Path, start: bytes) -> Callable[[Path, int], Iterator[Stored]]:
    if path.suffix.casefold() == ".onnx":
        from rnnscope.weights import onnx_files

        return onnx_files.tensors
    if start[8:] == b"{":
        return safetensors.tensors
    if start.startswith(b"PK"):
        return torch_files.zipped
    if start.startswith(b"\x80"):
        return torch_files.streamed
    raise MalformedError("it begins like neither" if start else "it is empty")
