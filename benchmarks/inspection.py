"""inspect beside a bare forward, beside torchinfo, and as a whole process."""

from __future__ import annotations

import os
from importlib.util import find_spec

import torch
from torch import nn

import rnnscope
from benchmarks.ratio import Ratio, process, repeated

LAYER = ("LSTM", "10", "20", "--layers", "2", "--bidirectional")
BARE_TORCH = """
import torch
from torch import nn
nn.LSTM(10, 20, 2, bidirectional=True)(torch.randn(5, 3, 10))
"""
BARE_TABLE = "import typer, rich.table"


def ratios() -> list[Ratio]:
    """Two whole processes without torch, one with it, and two calls in a warm process."""
    inspect = ("-m", "rnnscope", "inspect", *LAYER)
    table = process("-c", BARE_TABLE)
    return [
        Ratio("process: inspect / torch alone", process(*inspect), process("-c", BARE_TORCH), 1.10),
        Ratio("process: inspect --no-run / typer alone", process(*inspect, "--no-run"), table, 2.0),
        Ratio("process: --help / typer alone", process("-m", "rnnscope", "--help"), table, 2.0),
        *in_process(),
    ]


def in_process() -> list[Ratio]:
    """Warm: a small layer beside torchinfo, a large one beside its own forward."""
    small, x = nn.LSTM(10, 20, 2, bidirectional=True), torch.randn(5, 3, 10)
    large, y = nn.LSTM(256, 512, 2), torch.randn(100, 32, 256)
    found = [
        Ratio(
            "inspect(LSTM(256, 512, 2), x) / forward",
            lambda: rnnscope.inspect(large, y),
            torch.no_grad()(lambda: large(y)),
            1.05,
        )
    ]
    if find_spec("torchinfo"):
        os.environ.setdefault("COLUMNS", "80")
        from torchinfo import summary

        found.append(
            Ratio(
                "inspect(LSTM(10, 20, 2), x) / torchinfo",
                repeated(lambda: rnnscope.inspect(small, x), 50),
                repeated(lambda: summary(small, input_data=x, verbose=0), 50),
                1.0,
            )
        )
    return found
