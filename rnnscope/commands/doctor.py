"""``rnnscope doctor``: what an error message or a traceback of torch means, and the repair."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from rnnscope import api
from rnnscope.commands import output as to
from rnnscope.errors import SubjectError
from rnnscope.formats import known_format

Text = Annotated[
    list[str] | None,
    typer.Argument(help="The message; left out, it is read from standard input.", metavar="[TEXT]"),
]


_UNKNOWN = "This does not look like a message about recurrent layers: nothing is known of it."
_CUT_SHORT = "This traceback ends before its last line, which says what went wrong: give it whole."


def doctor(
    text: Text = None,
    format: to.Format = None,
    output: to.Output = None,
) -> None:
    """Explain an error message, a warning or a whole traceback."""
    known_format(format or "terminal")
    message = _read(text)
    report = api.diagnose(message)
    if report.findings or output is not None or known_format(format or "terminal") != "terminal":
        to.write(report, format, output)
    else:
        print(_CUT_SHORT if _is_cut_short(message) else _UNKNOWN)
    raise typer.Exit(1 if report.counted else 0)


def _is_cut_short(message: str) -> bool:
    """A traceback's last line stands at the margin and says what went wrong."""
    lines = message.rstrip().splitlines()
    return any(line.startswith("Traceback ") for line in lines) and lines[-1].startswith(" ")


def _read(words: list[str] | None) -> str:
    """The text, from the arguments or from standard input. Raises SubjectError."""
    if words and words != ["-"]:
        text = " ".join(words)
    elif sys.stdin.isatty():
        raise SubjectError('no message: write rnnscope doctor "TEXT", or pipe a traceback into it.')
    else:
        text = sys.stdin.buffer.read().decode("utf-8", errors="replace")
    if not text.strip():
        raise SubjectError("the message is empty: give the last lines of the traceback.")
    return text
