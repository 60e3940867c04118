"""The one place that imports torch for the first time, without its word about a missing numpy."""

from __future__ import annotations

import sys
import warnings
from types import ModuleType


def import_torch() -> ModuleType:
    """Import torch without its warning of a missing numpy, which rnnscope does not need."""
    if "torch" in sys.modules:
        return sys.modules["torch"]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Failed to initialize NumPy")
        import torch
    return torch
