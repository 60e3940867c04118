"""The one place that imports torch for the first time, without its word about a missing numpy."""

from __future__ import annotations

import sys
import warnings
from types import ModuleType

from rnnscope.errors import TorchMissingError


def import_torch() -> ModuleType:
    """Import torch without its warning of a missing numpy, which rnnscope does not need.

    Raises TorchMissingError.
    """
    if "torch" in sys.modules:
        return sys.modules["torch"]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Failed to initialize NumPy")
        try:
            import torch
        except ModuleNotFoundError as error:
            if error.name != "torch":
                raise
            raise TorchMissingError(
                "torch is not installed, and this needs it: pip install torch, or add --no-run "
                "where only the arithmetic is wanted."
            ) from None
    return torch


def torch_version() -> str:
    """The release of torch, without what it was built for, as in ``2.13.0``."""
    return str(import_torch().__version__).partition("+")[0]
