"""The code cells of a Jupyter notebook as Python: ``In[5]`` is the fifth that has any code."""

from __future__ import annotations

import json
import linecache
import re
from dataclasses import dataclass

from rnnscope.errors import TargetError

# A line that only IPython understands: %matplotlib inline, !pip install torch, nn.LSTM?
_MAGIC = re.compile(r"^(\s*)([%!].*|[\w.]+\?{1,2}\s*|\?.*)$")
_AROUND_PYTHON = ("%%time", "%%timeit", "%%capture", "%%prun")  # cell magics that run the cell


@dataclass(frozen=True, slots=True)
class Cell:
    """One code cell; its name stands where a script has the path of its file."""

    name: str
    source: str

    def remembered(self) -> str:
        """Let tracebacks and rules find the lines of this cell. Returns its name."""
        lines = self.source.splitlines(keepends=True)
        linecache.cache[self.name] = (len(self.source), None, lines, self.name)
        return self.name


def python_cells(content: bytes, path: str) -> tuple[list[Cell], list[str]]:
    """The cells that Python can run, and the places of what only IPython can, ``In[1]:2``.

    Cells are numbered as Jupyter does when it runs all of them. Raises TargetError for a file
    that is not a notebook of format 4.
    """
    read, skipped = [], []
    for number, source in enumerate(_sources(content, path), 1):
        cell, magics = _without_magics(Cell(f"In[{number}]", source))
        read.append(cell)
        skipped += [f"{cell.name}:{line}" for line in magics]
    return read, skipped


def _sources(content: bytes, path: str) -> list[str]:
    try:
        cells = json.loads(content)["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, TypeError, KeyError):
        raise TargetError(
            f"{path!r} is not a notebook of format 4: open it in Jupyter and save it again."
        ) from None
    return [source for source in code if source.strip()]


def _without_magics(cell: Cell) -> tuple[Cell, list[int]]:
    """The cell with ``pass`` in place of each magic, and the lines where they stood.

    Only a line at which Python stumbles is one: a line of an expression may well begin with %.
    """
    if cell.source.startswith("%%") and not cell.source.startswith(_AROUND_PYTHON):
        return Cell(cell.name, "pass"), [1]
    lines, magics = cell.source.splitlines(), []
    while (number := _stumbling_block(lines)) and _MAGIC.match(lines[number - 1]):
        magics.append(number)
        lines[number - 1] = _MAGIC.sub(r"\1pass", lines[number - 1])
    return Cell(cell.name, "\n".join(lines) + "\n"), sorted(magics)


def _stumbling_block(lines: list[str]) -> int:
    """The number of the line that Python cannot read; 0 where it can."""
    try:
        compile("\n".join(lines), "cell", "exec", dont_inherit=True)
    except SyntaxError as error:
        return min(error.lineno or 0, len(lines))
    except ValueError:  # null bytes
        return 0
    return 0
