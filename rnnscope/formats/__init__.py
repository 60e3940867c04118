"""The ways to write a Result down: one file each, one line in FORMATS."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from rnnscope.errors import UnknownNameError
from rnnscope.results import Result

# name -> (module with ``render(result, width) -> str``, the file name endings that mean it); a file
# has room for everything.
FORMATS: dict[str, tuple[str, tuple[str, ...]]] = {
    "terminal": ("rnnscope.formats.terminal", ()),
    "full": ("rnnscope.formats.full", (".txt",)),
    "json": ("rnnscope.formats.json", (".json",)),
    "markdown": ("rnnscope.formats.markdown", (".md", ".markdown")),
    "html": ("rnnscope.formats.report_page", (".html", ".htm")),
    "svg": ("rnnscope.formats.svg", (".svg",)),
    "plain": ("rnnscope.formats.plain", ()),
    "github": ("rnnscope.formats.github", ()),
    "sarif": ("rnnscope.formats.sarif", (".sarif",)),
}


def render(result: Result, name: str = "terminal", width: int = 80) -> str:
    """A Result as text in one of FORMATS. Raises UnknownNameError."""
    module = import_module(FORMATS[known_format(name)][0])
    return str(module.render(result, width))


def known_format(name: str) -> str:
    """The format of this name, whatever its case. Raises UnknownNameError."""
    folded = name.casefold()
    if folded not in FORMATS:
        raise UnknownNameError(f"there is no format {name!r}: choose {', '.join(FORMATS)}.")
    return folded


def format_for(path: Path) -> str:
    """The format that a file's ending asks for; plain text when it asks for none."""
    ending = path.suffix.casefold()
    return next((name for name, (_, ends) in FORMATS.items() if ending in ends), "terminal")
