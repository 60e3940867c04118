"""``rnnscope doctor``: what an error message or a traceback of torch means, and the repair."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from rnnscope import api
from rnnscope.commands import output as to
from rnnscope.errors import SubjectError

Text = Annotated[
    list[str] | None,
    typer.Argument(
        help="The message, or a file that has it; left out, it is read from standard input.",
        metavar="[TEXT]",
    ),
]


def doctor(
    text: Text = None,
    format: to.Format = None,
    output: to.Output = None,
) -> None:
    """Explain an error message, a warning or a whole traceback."""
    to.chosen(format, output)
    report = api.diagnose(_read(text))
    to.write(report, format, output)
    raise typer.Exit(1 if report.counted else 0)


def _file(word: str) -> str | None:
    """What a file of this name holds; None where there is none. Raises SubjectError."""
    try:
        path = Path(word)
        if path.is_file():
            return path.read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):  # a message is longer than any name of a file, or has a null
        return None
    if re.fullmatch(r"\S+\.(txt|log|out|err)", word):
        raise SubjectError(f"there is no file {word}: give its path, or the message itself.")
    return None


def _read(words: list[str] | None) -> str:
    """The text, from the arguments or from standard input. Raises SubjectError."""
    if words and words != ["-"]:
        text = _file(words[0]) if len(words) == 1 else None
        text = " ".join(words) if text is None else text
    elif sys.stdin.isatty():
        raise SubjectError('no message: write rnnscope doctor "TEXT", or pipe a traceback into it.')
    else:
        text = sys.stdin.buffer.read().decode("utf-8", errors="replace")
    if not text.strip():
        raise SubjectError("the message is empty: give the last lines of the traceback.")
    return text
