"""``rnnscope run SCRIPT [ARGS…]``: run a script as python would and report its mistakes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from rnnscope.commands import output as to
from rnnscope.commands.announcing import Announcer
from rnnscope.commands.repairing import Repairing
from rnnscope.console import result_text
from rnnscope.errors import OutputError
from rnnscope.formats import render
from rnnscope.running.distributed import World, gathered, reported
from rnnscope.running.output import reserve_standard_output
from rnnscope.running.script import Target
from rnnscope.running.watched_run import RunResult, Watching, supervise
from rnnscope.selection import Selection
from rnnscope.summary import last_line


def run(
    script: Annotated[
        str, typer.Argument(help="The script or notebook; with -m, a module.", metavar="SCRIPT")
    ],
    arguments: Annotated[
        list[str] | None, typer.Argument(help="The script's own.", metavar="[ARGUMENT]...")
    ] = None,
    module: Annotated[bool, typer.Option("-m", help="run a module, as python -m does")] = False,
    select: Annotated[
        list[str] | None, typer.Option(help="report only these: RNN2,RNN401", metavar="CODES")
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(help="leave these out: RNN9", metavar="CODES")
    ] = None,
    probe: Annotated[
        bool, typer.Option(help="run recorded steps again with something changed")
    ] = True,
    gates: Annotated[
        bool, typer.Option("--gates", help="say what the gates of each layer did")
    ] = False,
    stats: Annotated[bool, typer.Option("--stats", help="say how much was recorded")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="print the repairs as a diff")] = False,
    fix: Annotated[bool, typer.Option("--fix", help="write the repairs into your files")] = False,
    trying: Annotated[bool, typer.Option("--try/--no-try", help="run each repair first")] = True,
    exit_first: Annotated[
        bool, typer.Option("-x", "--exit-first", help="stop the script at its first error")
    ] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="no last line")] = False,
    steps: Annotated[
        int | None, typer.Option(min=1, help="watch this many steps, then let the program go")
    ] = None,
    every_step: Annotated[
        bool, typer.Option("--every-step", help="watch them all, as slow as that may be")
    ] = False,
    format: to.Format = None,
    output: to.Output = None,
) -> int:
    """Run a script as python would, and report its mistakes.

    An error is printed when it becomes certain, all else at the end, with what was watched in one
    line; -q leaves it out.
    """
    name = to.chosen(format, output)
    selection = Selection.configured(select, ignore)
    target = Target(script, tuple(arguments or ()), module)
    selected = [*_option("--select", select), *_option("--ignore", ignore)]
    repairing = Repairing.of(target, selected, diff, fix, trying, name)
    write = _writer(name, output)
    say = _last_line(script, quiet)
    world = World.of()
    early = name == "terminal" and output is None and world.size == 1 and not (diff or fix)
    announcer = Announcer(selection, sys.stderr if early and not exit_first else None, exit_first)

    def finish(result: RunResult) -> int:
        wanted = replace(result, findings=selection.keep(result.findings))
        together = gathered(wanted.findings, world)
        if together is not None:
            shown = repairing.done(replace(wanted, findings=together))
            rest = replace(shown, findings=announcer.left(shown.findings))
            write(rest if stats else replace(rest, statistics=None))
            say(shown)
            reported(world)
        return wanted.status

    return supervise(target, finish, Watching(probe, gates, steps, every_step, announcer))


def _last_line(script: str, quiet: bool) -> Callable[[RunResult], None]:
    """What was found and what was watched, on the standard error that there was at the start."""
    stream = sys.stderr

    def say(result: RunResult) -> None:
        if quiet or stream is None or stream.closed:
            return
        if result.watched is not None:
            print(last_line(result.findings, script, result.watched), file=stream)
        elif result.outcome and result.outcome.message == "No module named 'torch'":
            print(
                "rnnscope: torch is not installed, and nothing was watched: pip install torch.",
                file=stream,
            )

    return say


def _option(name: str, values: list[str] | None) -> Iterator[str]:
    """An option as it was typed, for the program that is run again."""
    for value in values or ():
        yield from (name, value)


def _refuse_unwritable(output: Path) -> None:
    """Raise OutputError before the script runs: its findings would be lost after an hour."""
    if output.is_dir() or not output.absolute().parent.is_dir():
        raise OutputError(f"cannot write {output}: give a file in a folder that exists.")


def _writer(name: str, output: Path | None) -> Callable[[RunResult], None]:
    """Where the report goes: a file, standard error for people, standard output for programs."""
    if output is not None:
        _refuse_unwritable(output)
        path = output.absolute()  # wherever the script may go
        return lambda result: _write_file(path, render(result, name))
    if name == "terminal":
        return partial(_print_terminal, sys.stderr)
    stream = reserve_standard_output()
    return lambda result: _write_stream(stream, render(result, name))


def _write_file(path: Path, text: str) -> None:
    try:
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}; give another file.") from None


def _write_stream(stream: TextIO, text: str) -> None:
    stream.write(text + "\n" if text else "")
    stream.flush()


def _print_terminal(stream: TextIO | None, result: RunResult) -> None:
    """Findings alone: an exception was already printed, and no findings need no words.

    The stream is what standard error was before the script ran, which may have replaced it.
    """
    told = result.findings or result.statistics or result.gates
    if stream is None or stream.closed or not told:
        return
    from rich.console import Console

    if sys.stdout is not None and not sys.stdout.closed:
        sys.stdout.flush()
    if text := result_text(replace(result, outcome=None), stream):
        print(text, file=stream)
    console = Console(file=stream, highlight=False)
    if result.gates is not None:
        console.print(result.gates if console.is_terminal else result.gates.to_text())
    for line in _statistics_lines(result.statistics or {}):
        console.print(line)


def _statistics_lines(statistics: Mapping[str, Any]) -> Iterator[str]:
    """How much was recorded, in words: "recorded steps: 16"."""
    yield from (f"{name}: {value}" for name, value in statistics.items())
