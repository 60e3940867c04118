"""``rnnscope fuzz``: does all that rnnscope says hold for every configuration, on this machine?"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from rnnscope.cells import KINDS
from rnnscope.config import DTYPES
from rnnscope.errors import ConfigError
from rnnscope.options import checked_kind
from rnnscope.torch_import import import_torch

if TYPE_CHECKING:
    from rnnscope.fuzzing import Coverage, Outcome, Space

INTERRUPTED = 130
_PROFILES = ("quick", "thorough")
_FORMATS = ("terminal", "json")


def fuzz(
    examples: Annotated[
        int | None, typer.Option(min=1, help="how many cases to check [default: the profile's]")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="the same seed draws the same cases")] = 0,
    device: Annotated[str, typer.Option(help="cpu, cuda, cuda:1, mps or meta")] = "cpu",
    dtype: Annotated[
        list[str] | None, typer.Option(help="a dtype to draw; may be given several times")
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option(help="a kind to draw; may be given several times")
    ] = None,
    profile: Annotated[str, typer.Option(help="quick (500 cases) or thorough (5,000)")] = "quick",
    jobs: Annotated[int, typer.Option(min=1, help="how many processes share the work")] = 1,
    format: Annotated[str, typer.Option(help="terminal or json")] = "terminal",
) -> None:
    """Check prediction, torch, reference and rules on drawn layers."""
    _check_choice("profile", profile, _PROFILES)
    _check_choice("format", format, _FORMATS)
    import_torch()
    from rnnscope.fuzzing import PROFILES
    from rnnscope.measuring.devices import checked_device

    checked_device(device)
    count, space = PROFILES[profile]
    count = examples or count
    space = _narrowed(replace(space, device=device), kind or [], dtype or [])
    start = perf_counter()
    with _progress(count) as listener:
        outcome = _run(space, count, seed, jobs, listener)
    seconds = perf_counter() - start
    (_print_json if format == "json" else _print_terminal)(outcome, count, seconds)
    raise typer.Exit(1 if outcome.failing else INTERRUPTED if outcome.interrupted else 0)


def _check_choice(option: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ConfigError(option, value, f"choose {' or '.join(allowed)}")


def _narrowed(space: Space, kinds: list[str], dtypes: list[str]) -> Space:
    for name in dtypes:
        if name not in DTYPES:
            raise ConfigError("dtype", name, f"choose {', '.join(DTYPES)}")
    return replace(
        space,
        kinds=tuple(checked_kind(name).name for name in kinds) or space.kinds,
        dtypes=tuple(dtypes) or space.dtypes,
    )


def _run(
    space: Space, examples: int, seed: int, jobs: int, listener: Callable[[Coverage], None]
) -> Outcome:
    from rnnscope.fuzzing import fuzz as fuzz_here
    from rnnscope.fuzzing.processes import fuzz_in_processes

    if jobs == 1:
        return fuzz_here(space, examples=examples, random_seed=seed, listener=listener)
    return fuzz_in_processes(
        space, examples=examples, random_seed=seed, jobs=jobs, listener=listener
    )


@contextmanager
def _progress(total: int) -> Iterator[Callable[[Coverage], None]]:
    """A bar on standard error with the rate and what the last kinds were; nothing in a pipe."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("fuzz"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]:,.0f} cases/s"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[covered]}"),
    )
    start = perf_counter()
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    with bar:
        task = bar.add_task("fuzz", total=total, rate=0.0, covered="")

        def listen(coverage: Coverage) -> None:
            rate = coverage.examples / max(perf_counter() - start, 1e-9)
            covered = f"{len(coverage.counts)} combinations"
            bar.update(task, completed=coverage.examples, rate=rate, covered=covered)

        yield listen


def _print_terminal(outcome: Outcome, wanted: int, seconds: float) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    table = Table("", "", *KINDS, box=None, pad_edge=False, header_style="bold")
    for column in table.columns[2:]:
        column.justify = "right"
    last = ""
    for topic, choice, counts in outcome.coverage.rows():
        shown = [f"{count:,}" if count else "·" for count in counts]
        table.add_row("" if topic == last else topic, choice, *shown)
        last = topic
    console.print(table)
    done = outcome.coverage.examples
    rate = f"{done:,} cases in {seconds:.1f} s, {done / max(seconds, 1e-9):,.0f} a second"
    print(f"\n{rate}{_ending(outcome, wanted)}")


def _ending(outcome: Outcome, wanted: int) -> str:
    if outcome.failing is not None:
        reasons = "".join(f"\n  {reason}" for reason in outcome.failing.reasons)
        case = outcome.failing.case
        return (
            f"; one of them does not hold:{reasons}\n\nThe smallest such case, as a command:\n\n"
            f"{case.command}\n\nand in Python:\n\n{case.python}"
        )
    if outcome.interrupted:
        return f"; stopped before all {wanted:,}.\nPrediction, torch and reference agree so far."
    return ".\nPrediction, torch, reference and rules agree on all of them."


def _print_json(outcome: Outcome, wanted: int, seconds: float) -> None:
    failing = outcome.failing
    document = {
        "schema": "rnnscope/1",
        "torch": sys.modules["torch"].__version__.partition("+")[0],
        "fuzz": {
            "wanted": wanted,
            "checked": outcome.coverage.examples,
            "seconds": round(seconds, 3),
            "interrupted": outcome.interrupted,
            "coverage": [
                {"topic": topic, "choice": choice, **dict(zip(KINDS, counts, strict=True))}
                for topic, choice, counts in outcome.coverage.rows()
            ],
            "failing": failing
            and {
                "reasons": list(failing.reasons),
                "command": failing.case.command,
                "python": failing.case.python,
            },
        },
    }
    print(json.dumps(document, indent=2))
