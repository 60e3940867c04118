"""Weights files: which recurrent layers they hold, told without running anything of them."""

from __future__ import annotations

import os

# The endings of files that ``inspect`` takes for weights.
ENDINGS = (".pt", ".pth", ".ckpt", ".bin", ".safetensors", ".onnx")


def names_weights(subject: str | os.PathLike[str]) -> bool:
    """True for a text or a path that ends as weights files do.

    >>> names_weights("model.pt"), names_weights("LSTM(10, 20)")
    (True, False)
    """
    return os.fspath(subject).casefold().endswith(ENDINGS)
