"""Measure every promised ratio in one run: ``python -m benchmarks.run --json FILE``.

``--only WORD`` measures one module, or what has this word in its name. Prints a table of medians
with their quartiles, in Markdown as docs/benchmarks.md has it. The baselines (bare torch,
torchinfo, the tutorial's cell) take turns with their subject in the same run. Exit status 1 when a
promise is not kept.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from benchmarks.ratio import Measured, Ratio
from rnnscope.torch_import import import_torch

MODULES = ("inspection", "reference", "watching", "commands", "fuzzing")
HEADER = (
    "| what | subject | baseline | ratio | quartiles | promised | kept |\n"
    "|---|---:|---:|---:|---:|---:|---|"
)


def all_ratios(only: str) -> Iterator[Ratio]:
    """The ratios of one module, or all those whose name contains ``only``."""
    for module in [only] if only in MODULES else MODULES:
        for ratio in import_module(f"benchmarks.{module}").ratios():
            if only in (module, "") or only in ratio.name:
                yield ratio


def row(measured: Measured) -> str:
    """One line of the table."""
    low, high = measured.spread
    promise = f"{measured.at_most:.2f}" if measured.checked else "–"
    kept = {True: "yes", False: "**no**", None: ""}[measured.kept]
    return (
        f"| {measured.name} | {seconds(measured.subject)} | {seconds(measured.baseline)} "
        f"| {measured.ratio:.2f} | {low:.2f}–{high:.2f} | {promise} | {kept} |"
    )


def seconds(value: float) -> str:
    """A time in the unit that suits it."""
    return f"{value:.2f} s" if value >= 1 else f"{1000 * value:.3g} ms"


def machine() -> dict[str, object]:
    """The machine by its cores and memory only."""
    torch = import_torch()
    page, pages = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(page * pages / 2**30),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "load": os.getloadavg()[0],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", default="", help="measure what has this word in its name")
    parser.add_argument("--json", type=Path, help="write everything that was measured here")
    parser.add_argument("--rounds", type=int, help="how often each pair is run, at least 3")
    choice = parser.parse_args()
    where = machine()
    print(", ".join(f"{name} {value}" for name, value in where.items()), end="\n\n")
    print(HEADER, flush=True)
    results = []
    for ratio in all_ratios(choice.only):
        results.append(ratio.measure(choice.rounds))
        print(row(results[-1]), flush=True)
    if choice.json:
        document = {"machine": where, "ratios": [result.to_dict() for result in results]}
        choice.json.write_text(json.dumps(document, indent=2) + "\n")
    sys.exit(any(result.kept is False for result in results))


if __name__ == "__main__":
    main()
