"""The commands that need no torch, beside a process that imports typer and rich.table."""

from __future__ import annotations

from benchmarks.ratio import Ratio, process

MESSAGE = "Expected hidden[0] size (2, 3, 20), got [3, 2, 20]"
COMMANDS = {
    "doctor": ("doctor", MESSAGE),
    "rules": ("rules",),
    "rule": ("rule", "RNN202"),
    "check with shapes": ("check", "LSTM", "10", "20", "--input", "5,3,10", "--h0", "3,1,20"),
}


def ratios() -> list[Ratio]:
    """Each command as a whole process."""
    bare = process("-c", "import typer, rich.table")
    return [
        Ratio(f"process: {name} / typer alone", process("-m", "rnnscope", *words), bare, 2.0)
        for name, words in COMMANDS.items()
    ]
