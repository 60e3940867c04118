"""Where a report goes: standard output or a file, in the format that was asked for."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from rnnscope.commands.help import OUTPUT
from rnnscope.errors import OutputError, UnknownNameError
from rnnscope.formats import FORMATS, format_for
from rnnscope.printing import Printed


def format_option(names: Iterable[str]) -> Any:
    """``--format``, which takes one of these."""
    known = tuple(names)
    return typer.Option(
        "--format",
        help=f"{', '.join(known[:-1])} or {known[-1]}",
        metavar="NAME",
        rich_help_panel=OUTPUT,
        autocompletion=lambda incomplete: [n for n in known if n.startswith(incomplete)],
    )


Format = Annotated[str | None, format_option(FORMATS)]
Listing = Annotated[str | None, format_option(("terminal", "json", "markdown"))]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="a file to write instead; its ending decides the format",
        metavar="FILE",
        rich_help_panel=OUTPUT,
    ),
]


def chosen(format: str | None, output: Path | None, known: Collection[str] = FORMATS) -> str:
    """The format that was named, or that of the file's ending. Raises UnknownNameError."""
    name = format.casefold() if format else format_for(output, known) if output else "terminal"
    if name not in known:
        raise UnknownNameError(f"there is no format {name!r}: choose {', '.join(known)}.")
    return name


def write(report: Printed, format: str | None, output: Path | None) -> None:
    """Print the report, or write it into a file. Raises UnknownNameError, OutputError."""
    if output is not None:
        report.write(output, format)
        return
    from rich.console import Console

    console = Console(highlight=False)
    name = (format or "terminal").casefold()
    if name not in ("terminal", "full"):
        if text := report.to_text(name):
            print(text)
    elif not console.is_terminal:
        print(report.to_text(name, console.width))
    else:
        with console.capture() as captured:
            console.print(report.in_full() if name == "full" else report, crop=False)
        page(captured.get().rstrip("\n"))


SEVERITY_COLOURS = {"error": "red", "warning": "magenta", "hint": "blue"}


def styled(text: str, **style: Any) -> str:
    """The text in colour on a terminal that wants any (see no-color.org), else as it is."""
    wanted = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return typer.style(text, **style) if wanted else text


def page(text: str) -> None:
    """Print; what is longer than the screen goes through the reader's pager, as git's output does.

    Only where a person sits at both ends, and never without ``$PAGER`` or less.
    """
    from shutil import get_terminal_size, which

    person = sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()
    command = shlex.split(os.environ.get("PAGER", "less"))
    tall = text.count("\n") + 1 >= get_terminal_size().lines
    if not (tall and person and command and which(command[0])):
        print(text)
        return
    import subprocess

    sys.stdout.flush()
    # As git does: quit when all fits, colours as they are, nothing cleared.
    environment = {"LESS": "FRX", **os.environ}
    data = f"{text}\n".encode(sys.stdout.encoding, sys.stdout.errors or "strict")
    with suppress(KeyboardInterrupt):
        subprocess.run(command, input=data, env=environment, check=False)


def listed(
    writers: Mapping[str, Callable[[], str]], format: str | None, output: Path | None
) -> None:
    """Print or write what is no report: a table of rules, a page. Raises UnknownNameError."""
    text = writers[chosen(format, output, writers)]()
    if output is None:
        page(text)
        return
    try:
        output.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"cannot write {output}: {error.strerror}; give another file.") from None
