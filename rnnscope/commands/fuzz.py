"""``rnnscope fuzz``: does all that rnnscope says hold for every configuration, on this machine?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from rnnscope.cells import KINDS
from rnnscope.commands import output as to
from rnnscope.config import DTYPES
from rnnscope.config_validation import checked_kind
from rnnscope.errors import ConfigError
from rnnscope.torch_import import import_torch, torch_version

if TYPE_CHECKING:
    from rnnscope.fuzzing import Coverage, Outcome, Space

INTERRUPTED = 130  # 128 + SIGINT, as shells report it
_PROFILES = ("quick", "thorough")
_FORMATS = ("terminal", "json")


_count = partial(typer.Option, min=1, metavar="N")
_name = partial(typer.Option, metavar="NAME")


def fuzz(
    examples: Annotated[
        int | None, _count(help="how many cases to check [default: the profile's]")
    ] = None,
    seed: Annotated[int, _count(min=0, help="the same seed draws the same cases")] = 0,
    device: Annotated[str, _name(help="cpu, cuda, cuda:1, mps or meta")] = "cpu",
    dtype: Annotated[
        list[str] | None, _name(help="a dtype to draw; may be given several times")
    ] = None,
    kind: Annotated[
        list[str] | None, _name(help="a kind to draw; may be given several times")
    ] = None,
    profile: Annotated[str, _name(help="quick (500 cases) or thorough (5,000)")] = "quick",
    jobs: Annotated[int, _count(help="how many processes share the work")] = 1,
    format: Annotated[str | None, to.format_option(_FORMATS)] = None,
    output: to.Output = None,
) -> None:
    """Check prediction, torch, reference and rules on drawn layers."""
    _check_choice("profile", profile, _PROFILES)
    to.chosen(format, output, _FORMATS)
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
    writers = {
        "terminal": lambda: _terminal(outcome, count, seconds),
        "json": lambda: _json(outcome, count, seconds),
    }
    to.listed(writers, format, output)
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


def _terminal(outcome: Outcome, wanted: int, seconds: float) -> str:
    from rnnscope.formats.screen import Columns, text_of

    table = Columns("ll" + "r" * len(KINDS), head=["", "", *KINDS])
    last = ""
    for topic, choice, counts in outcome.coverage.rows():
        shown = [f"{count:,}" if count else "·" for count in counts]
        table.add("" if topic == last else topic, choice, *shown)
        last = topic
    done = outcome.coverage.examples
    rate = f"{done:,} cases in {seconds:.1f} s, {done / max(seconds, 1e-9):,.0f} a second"
    return f"{text_of(table)}\n\n{rate}{_ending(outcome, wanted)}"


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


def _json(outcome: Outcome, wanted: int, seconds: float) -> str:
    failing = outcome.failing
    document = {
        "schema": "rnnscope/1",
        "torch": torch_version(),
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
    return json.dumps(document, indent=2)
