"""Where a report goes: standard output or a file, in the format that was asked for."""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from rnnscope.formats import known_format
from rnnscope.printing import Printed

Format = Annotated[
    str | None,
    typer.Option("--format", help="terminal, json, markdown, html, svg, plain, github or sarif"),
]
Output = Annotated[
    Path | None,
    typer.Option(help="a file to write instead; its ending decides the format", metavar="FILE"),
]


def write(report: Printed, format: str | None, output: Path | None) -> None:
    """Print the report, or write it into a file. Raises UnknownNameError, OutputError."""
    if output is not None:
        report.write(output, format)
        return
    from rich.console import Console

    console = Console(highlight=False)
    name = known_format(format or "terminal")
    if name not in ("terminal", "full"):
        if text := report.to_text(name):
            print(text)
    elif not console.is_terminal:
        print(report.to_text(name, console.width))
    else:
        with console.capture() as captured:
            console.print(report.in_full() if name == "full" else report)
        page(captured.get().rstrip("\n"))


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
