"""The surroundings of a verification, put back afterwards: threads, dtype, streams, output."""

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
    """Run a block that may draw, print and change torch's defaults without leaving a trace.

    One thread: the layers are tiny and called hundreds of times, and on a busy machine handing
    each call to several threads costs a hundred times what it computes.
    """
    threads, dtype, graded = (
        torch.get_num_threads(),
        torch.get_default_dtype(),
        torch.is_grad_enabled(),
    )
    try:
        torch.set_num_threads(1)
        with (
            unobserved(),
            torch._C.DisableTorchFunction(),
            preserved_randomness(),
            contextlib.redirect_stdout(io.StringIO()),
            warnings.catch_warnings(),
        ):
            # What torch says of its own backends, and the user's code of itself, is no result.
            warnings.simplefilter("ignore")
            torch.set_grad_enabled(True)
            yield
    finally:
        torch.set_num_threads(threads)
        torch.set_default_dtype(dtype)
        torch.set_grad_enabled(graded)
