"""Is torch.compile reading the code that runs? What it reads becomes a part of the user's graph."""

from __future__ import annotations

from collections.abc import Callable

import torch


def _never() -> bool:
    return False


# By this very function torch.compile knows that it is asked; torch 2.2 does not have it.
is_compiling: Callable[[], bool] = getattr(torch.compiler, "is_compiling", _never)
