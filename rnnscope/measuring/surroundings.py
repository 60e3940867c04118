"""What somebody's code could leave behind, put back afterwards."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from rnnscope.measuring.randomness import preserved_randomness
from rnnscope.unobserved import unobserved


@contextmanager
def surroundings() -> Iterator[None]:
    """Run somebody's code without a trace: streams, output, warnings, default dtype, watches.

    Gradients are off. What torch says of its own backends, and the code of itself, is no result.
    """
    default = torch.get_default_dtype()
    try:
        with (
            unobserved(),
            preserved_randomness(),
            contextlib.redirect_stdout(io.StringIO()),
            warnings.catch_warnings(),
            torch.no_grad(),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        torch.set_default_dtype(default)
