"""Axes by behaviour on released packages: a table, each line held against their documentation.

    python tests/stress/sequence_packages.py

Needs ncps and x-transformers beside torch; what is not installed is left out.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

import rnnscope

_FIRST, _MAJOR = ("batch", "time causal", "features"), ("time causal", "batch", "features")
_SEEN = ("batch", "time both", "features")


@dataclass(frozen=True)
class Released:
    """A module of a package, and what its documentation says, in our words."""

    name: str
    make: Callable[[], nn.Module]
    inputs: tuple[Any, ...]
    axes: tuple[str, ...]
    documentation: str
    continues: bool | None = None


def torchs() -> Iterator[Released]:
    """torch's own layers with attention."""
    tall = ("time both", "batch", "features")
    yield Released(
        "nn.TransformerEncoderLayer",
        lambda: nn.TransformerEncoderLayer(8, 2, 16),
        ((5, 3, 8),),
        tall,
        "batch_first=False: (seq, batch, feature); no mask given",
    )
    yield Released(
        "nn.TransformerDecoderLayer",
        lambda: nn.TransformerDecoderLayer(8, 2, 16),
        ((5, 3, 8), (7, 3, 8)),
        tall,
        "tgt (seq, batch, feature); no tgt_mask given",
    )
    yield Released(
        "nn.Transformer",
        lambda: nn.Transformer(8, 2, 1, 1, 16, batch_first=True),
        ((3, 5, 8), (3, 7, 8)),
        ("batch", "time pooled", "features"),
        "src is read whole by every step of tgt",
    )
    yield Released("nn.MultiheadAttention", lambda: nn.MultiheadAttention(8, 2, batch_first=True),
                   ((3, 5, 8), (3, 7, 8), (3, 7, 8)), ("batch", "batch", "features"),
                   "queries do not attend to each other")  # fmt: skip


def liquid() -> Iterator[Released]:
    """ncps: closed-form and liquid time constant networks."""
    from ncps.torch import LTC, CfC
    from ncps.wirings import AutoNCP

    said = "batch_first=True by default; returns (output, hx), and takes hx"
    yield Released("ncps CfC", lambda: CfC(4, 6), ((3, 7, 4),), _FIRST, said, True)
    yield Released(
        "ncps CfC, wired", lambda: CfC(4, AutoNCP(12, 3)), ((3, 7, 4),), _FIRST, said, True
    )
    yield Released(
        "ncps CfC, mixed memory",
        lambda: CfC(4, 6, mixed_memory=True),
        ((3, 7, 4),),
        _FIRST,
        said,
        True,
    )
    yield Released("ncps LTC", lambda: LTC(4, 6), ((3, 5, 4),), _FIRST, said, True)
    yield Released("ncps CfC, time first", lambda: CfC(4, 6, batch_first=False), ((7, 3, 4),),
                   _MAJOR, "batch_first=False", True)  # fmt: skip


def attending() -> Iterator[Released]:
    """x-transformers: decoders are causal, encoders are not."""
    from x_transformers import Attention, Decoder, Encoder, TransformerWrapper

    def around(kind: Any, **options: Any) -> nn.Module:
        layers = kind(dim=16, depth=1, heads=2, attn_dim_head=8, **options)
        return TransformerWrapper(num_tokens=20, max_seq_len=32, attn_layers=layers)

    tokens = (torch.randint(0, 20, (3, 7)),)
    yield Released(
        "x-transformers Decoder",
        lambda: around(Decoder),
        tokens,
        _FIRST[:2],
        "autoregressive: attends to the past",
    )
    yield Released(
        "x-transformers Encoder", lambda: around(Encoder), tokens, _SEEN[:2], "attends to all steps"
    )
    yield Released(
        "x-transformers Attention",
        lambda: Attention(dim=16, heads=2, dim_head=8),
        ((3, 7, 16),),
        _SEEN,
        "causal=False by default",
    )
    yield Released("x-transformers Attention, causal",
                   lambda: Attention(dim=16, heads=2, dim_head=8, causal=True), ((3, 7, 16),),
                   _FIRST, "causal=True")  # fmt: skip


def main() -> int:
    """Print the table; returns 1 where a line is not what the documentation says."""
    wrong = 0
    for package in (torchs, liquid, attending):
        try:
            lines = list(package())
        except ImportError as error:
            print(f"left out: {error}")
            continue
        for line in lines:
            torch.manual_seed(0)
            seen = rnnscope.depends(line.make(), *line.inputs).dependence
            found = seen.axes(seen.inputs[0].name), seen.conduct.continues
            good = found == (line.axes, line.continues)
            wrong += not good
            told = f"{line.name:<33} {'; '.join(found[0]):<33} {seen.passes:>2} passes"
            print(f"{'ok' if good else 'NO'}  {told}  ({line.documentation})")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
