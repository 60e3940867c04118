"""How ``--help`` of a command looks: options by what they are about, examples at the end."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import typer.core

LAYER, CALL, FILE, OUTPUT = "Layer", "Call", "Weights file", "Output"
_GROUPS = (LAYER, CALL, FILE, "Options", OUTPUT)

EXAMPLES: dict[str, tuple[str, ...]] = {
    "inspect": (
        "rnnscope inspect LSTM 10 20 --layers 2 --bidirectional",
        'rnnscope inspect "nn.GRU(10, 20, batch_first=True)" --lengths 5,3,2',
        "rnnscope inspect LSTM 10 20 --full",
        "rnnscope inspect LSTM 10 20 -o lstm.html",
        "rnnscope inspect model.py:Net",
        "rnnscope inspect model.safetensors --values",
    ),
    "explain": (
        "rnnscope explain LSTM 10 20 --layers 2 --bidirectional h_n",
        "rnnscope explain LSTM 10 20 weight_ih_l0",
        "rnnscope explain forget gate",
        'rnnscope explain LSTM 10 20 "forget gate" -o gate.svg',
        "rnnscope explain batch_first",
        "rnnscope explain GRU 10 20 output --format markdown",
    ),
    "check": (
        "rnnscope check LSTM 10 20 --batch-first --input 3,5,10 --h0 3,1,20",
        "rnnscope check GRU 10 20 --lengths 5,4,2 --h0 1,3,20",
        "rnnscope check GRU 10 20 --input 5,3,10 --input-dtype float64",
    ),
    "run": (
        "rnnscope run train.py --epochs 1",
        "rnnscope run -m package.train",
        "rnnscope run --output found.sarif train.py",
    ),
    "doctor": (
        'rnnscope doctor "Expected hidden[0] size (2, 3, 20), got [3, 2, 20]"',
        "python train.py 2>&1 | rnnscope doctor",
        "rnnscope doctor traceback.txt",
    ),
    "verify": (
        'rnnscope verify scratch.py:MyLSTM --like "LSTM(10, 20)"',
        'rnnscope verify package.cells:Cell --like "GRUCell(10, 20)" --args "10, 20"',
    ),
    "depends": (
        "rnnscope depends model.py:ConvLSTM --input 2,7,3,8,8",
        'rnnscope depends "nn.GRU(10, 20)" --input 7,3,10 --state 1,3,20',
        "rnnscope depends model.py:Net --input ?,?,10 --parts -o axes.svg",
    ),
    "fuzz": (
        "rnnscope fuzz --examples 500 --seed 0",
        "rnnscope fuzz --kind LSTM --kind GRU --dtype float64 --jobs 4",
    ),
    "rules": ("rnnscope rules", "rnnscope rules RNN2", "rnnscope rules 2 --format json"),
    "rule": ("rnnscope rule RNN202", "rnnscope rule 202", "rnnscope rule state-batch-first"),
}


class Command(typer.core.TyperCommand):
    """A command whose options stand under the heading that ``rich_help_panel`` names."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        shown = [(p, p.get_help_record(ctx)) for p in self.get_params(ctx)]
        rows = [(_group(parameter), row) for parameter, row in shown if row is not None]
        for group, found in groupby(sorted(rows, key=lambda row: _order(row[0])), lambda r: r[0]):
            with formatter.section(group):
                formatter.write_dl([row for _, row in found])

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        if examples := EXAMPLES.get(str(self.name)):
            with formatter.section("Examples"):
                for line in examples:
                    formatter.write(f"  {line}\n")


def _group(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return "Arguments"
    return str(getattr(parameter, "rich_help_panel", None) or "Options")


def _order(group: str) -> int:
    return _GROUPS.index(group) if group in _GROUPS else -1
