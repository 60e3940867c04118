"""The one place that imports torch for the first time, without its word about a missing numpy."""

from __future__ import annotations

import warnings
from types import ModuleType


def import_torch() -> ModuleType:
    """Import torch; where numpy is not installed, torch warns of it, and rnnscope needs no numpy."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Failed to initialize NumPy")
        import torch
    return torch
