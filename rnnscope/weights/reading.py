"""A weights file opened by what it holds, whatever its ending says; one sentence when it cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from rnnscope.errors import TargetError
from rnnscope.weights import safetensors, torch_files
from rnnscope.weights.stored import Malformed, Stored, by_name

# The endings of files that ``inspect`` takes for weights.
ENDINGS = (".pt", ".pth", ".ckpt", ".bin", ".safetensors", ".onnx")


def names_weights(text: object) -> bool:
    """True for a path, or a text that ends like a weights file.

    >>> names_weights("model.pt"), names_weights("LSTM(10, 20)")
    (True, False)
    """
    return isinstance(text, Path) or (isinstance(text, str) and Path(text).suffix.casefold() in ENDINGS)


def read_tensors(path: Path) -> Mapping[str, Stored]:
    """Every tensor of a weights file by name, without reading one. Raises TargetError."""
    try:
        if path.exists() and not path.is_file():
            raise Malformed("it is no file")
        with path.open("rb") as file:
            start = file.read(9)
        return by_name(_reader(path, start)(path, path.stat().st_size))
    except OSError as error:
        raise TargetError(f"cannot read {path}: {error.strerror}; give another file.") from None
    except Malformed as error:
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
    raise Malformed("it begins like neither" if start else "it is empty")
