"""Where a report goes: standard output or a file, in the format that was asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Protocol

import typer

from rnnscope.formats import known_format

Format = Annotated[
    str | None,
    typer.Option("--format", help="terminal, json, markdown, html, svg, plain, github or sarif"),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="a file to write instead; its ending decides the format",
        metavar="FILE",
    ),
]


class Printable(Protocol):
    """What can be written: a Report, an Explained, whatever prints itself in several formats."""

    def to_text(self, format: str = "terminal", width: int = 80) -> str: ...

    def write(self, path: str | Path, format: str | None = None) -> None: ...


def write(report: Printable, format: str | None, output: Path | None) -> None:
    """Print the report, or write it into a file. Raises UnknownNameError, OutputError."""
    if output is not None:
        report.write(output, format)
    elif format is None or known_format(format) == "terminal":
        from rich.console import Console

        console = Console(highlight=False)
        if console.is_terminal:
            console.print(report)
        else:
            print(report.to_text(width=console.width))
    elif text := report.to_text(format):
        print(text)
