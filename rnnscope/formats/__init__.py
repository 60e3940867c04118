"""The ways to write a Result down: one file each, one line in FORMATS."""

from __future__ import annotations

from collections.abc import Collection
from importlib import import_module
from pathlib import Path

from rnnscope.errors import UnknownNameError
from rnnscope.results import Result

# name -> module with ``render(result, width) -> str``
FORMATS = {
    "terminal": "rnnscope.formats.terminal",
    "full": "rnnscope.formats.full",
    "json": "rnnscope.formats.json",
    "markdown": "rnnscope.formats.markdown",
    "html": "rnnscope.formats.report_page",
    "svg": "rnnscope.formats.svg",
    "plain": "rnnscope.formats.plain",
    "github": "rnnscope.formats.github",
    "sarif": "rnnscope.formats.sarif",
}
# What the ending of a file means; a file has room for everything.
ENDINGS = {
    ".txt": "full",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".svg": "svg",
    ".json": "json",
    ".sarif": "sarif",
}


def render(result: Result, name: str = "terminal", width: int = 80) -> str:
    """A Result as text in one of FORMATS. Raises UnknownNameError."""
    module = import_module(FORMATS[known_format(name)])
    return str(module.render(result, width))


def known_format(name: str) -> str:
    """The format of this name, whatever its case. Raises UnknownNameError."""
    folded = name.casefold()
    if folded not in FORMATS:
        raise UnknownNameError(f"there is no format {name!r}: choose {', '.join(FORMATS)}.")
    return folded


def format_for(path: Path, known: Collection[str] = FORMATS) -> str:
    """The known format that a file's ending asks for. Raises UnknownNameError.

    >>> format_for(Path("lstm.svg"))
    'svg'
    """
    meanings = {
        ending: name if name in known else "terminal"
        for ending, name in ENDINGS.items()
        if name in known or name == "full"
    }
    ending = path.suffix.casefold()
    if ending not in meanings:
        said = f"the ending {ending}" if ending else "no ending"
        *others, last = meanings
        raise UnknownNameError(
            f"{path} has {said}, and its ending decides the format: "
            f"choose {', '.join(others)} or {last}, or name a format."
        )
    return meanings[ending]
