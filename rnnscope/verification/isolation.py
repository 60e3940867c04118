"""The surroundings of a verification, put back afterwards: threads, dtype, streams, output."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from rnnscope.measuring.surroundings import surroundings


@contextmanager
def isolated() -> Iterator[None]:
    """Run a block that may draw, print and change torch's defaults without leaving a trace.

    One thread: the layers are tiny and called hundreds of times, and on a busy machine handing
    each call to several threads costs a hundred times what it computes.
    """
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        with surroundings(), torch._C.DisableTorchFunction(), torch.enable_grad():
            yield
    finally:
        torch.set_num_threads(threads)
