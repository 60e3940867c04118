"""How much inspect costs beside the least that the same answer could cost.

Whole processes against processes that only import what is needed and build the layer; and, in a
warm process, ``inspect(lstm, x)`` against torchinfo and against the plain forward.

    python -m benchmarks.run --only inspection      # torchinfo: pip install .[benchmark]
"""

from __future__ import annotations

import os
import sys

from benchmarks.ratio import Ratio, process, repeated
from rnnscope.torch_import import import_torch

LAYER = ("LSTM", "10", "20", "--layers", "2", "--bidirectional")
PICTURE = ("--format", "svg", "-o", os.devnull)
TORCH = """
import torch
from torch import nn
nn.LSTM(10, 20, 2, bidirectional=True)(torch.randn(5, 3, 10))
"""


def ratios() -> list[Ratio]:
    """Every ratio about inspect; without torchinfo those against it are left out."""
    return [*_processes(), *_calls()]


def _processes() -> list[Ratio]:
    bare = process("-W", "ignore", "-c", TORCH)
    libraries = process("-c", "import typer, rich.table")
    inspect = process("-m", "rnnscope", "inspect", *LAYER)
    predict = process("-m", "rnnscope", "inspect", *LAYER, "--no-run")
    drawn = process("-m", "rnnscope", "inspect", *LAYER, "--no-run", *PICTURE)
    return [
        Ratio("process: inspect / import torch, build, run", inspect, bare, 1.10),
        Ratio("process: inspect --no-run / typer alone", predict, libraries, 2.0),
        Ratio("process: inspect --no-run -o x.svg / typer alone", drawn, libraries, 2.5),
        Ratio("process: --help / typer alone", process("-m", "rnnscope", "--help"), libraries, 2.0),
    ]


def _calls() -> list[Ratio]:
    torch = import_torch()
    from torch import nn

    import rnnscope

    small, x = nn.LSTM(10, 20, 2, bidirectional=True), torch.randn(5, 3, 10)
    large, y = nn.LSTM(256, 512, 2), torch.randn(100, 32, 256)

    def plain() -> None:
        with torch.no_grad():
            large(y)

    found = [
        Ratio(
            "call: inspect(lstm, x) / lstm(x), large",
            lambda: rnnscope.inspect(large, y),
            plain,
            1.05,
        )
    ]
    try:
        from torchinfo import summary
    except ImportError as error:
        print(f"not measured against torchinfo: {error}", file=sys.stderr)
        return found
    ours = repeated(lambda: rnnscope.inspect(small, x), 50)
    theirs = repeated(lambda: summary(small, input_data=x, verbose=0), 50)
    return [*found, Ratio("call: inspect(lstm, x) / torchinfo.summary", ours, theirs, 1.0)]
