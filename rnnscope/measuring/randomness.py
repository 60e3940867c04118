"""The random streams that a run may draw from, put back where they were."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def preserved_randomness() -> Iterator[None]:
    """Run a block, then set every random stream back: torch's on each device, Python's, numpy's."""
    numpy = sys.modules.get("numpy")
    python, drawn = random.getstate(), numpy.random.get_state() if numpy else None
    try:
        with preserved_torch_randomness():
            yield
    finally:
        random.setstate(python)
        if numpy:
            numpy.random.set_state(drawn)


@contextmanager
def preserved_torch_randomness() -> Iterator[None]:
    """The same for torch's streams alone: torch's own layers draw from no other.

    A device that torch has not touched yet is left alone: reading its state would start it.
    """
    cpu = torch.get_rng_state()
    started = torch.cuda.is_initialized()
    cuda = torch.cuda.get_rng_state_all() if started else []
    mps = torch.mps.get_rng_state() if torch.backends.mps.is_available() else None
    try:
        yield
    finally:
        torch.set_rng_state(cpu)
        for index, state in enumerate(cuda):
            torch.cuda.set_rng_state(state, index)
        if mps is not None:
            torch.mps.set_rng_state(mps)
