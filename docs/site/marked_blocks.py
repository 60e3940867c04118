"""The marked blocks of a page are run, and what they print is put behind them.

````` ```python run ````` is run, all of a page in one namespace; of ````` ```console run ````` each
line after ``$ `` is a command; ````` ```python title="a.py" ````` is a file for both. Files that
they write, such as pictures, belong to the page.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from rnnscope.cli import USAGE, run

_BLOCK = re.compile(r'^```(python|console) (run|title="(.+?)")\n(.*?)^```$', re.M | re.S)
_INSTALLED = re.compile(r'[^\s"]*site-packages[\\/]')  # where this machine has it, and no other


def ran(page: str, folder: Path) -> str:
    """The page with what its blocks print; their files are in the folder. Raises what they do."""
    namespace: dict[str, Any] = {"__name__": "page"}

    def shown(match: re.Match[str]) -> str:
        language, _, file, code = match.groups()
        if file:
            (folder / file).write_text(code, encoding="utf-8")
            return match[0]
        if language == "console":
            return f"```console\n{_session(code, folder)}```"
        said = _python(code, namespace, folder)
        return f"```python\n{code}```" + (f"\n\n```text\n{said}```" if said else "")

    return _BLOCK.sub(shown, page)


def _python(code: str, namespace: dict[str, Any], folder: Path) -> str:
    with inside(folder) as said:
        exec(compile(code, "page", "exec"), namespace)
    return said.getvalue()


def _session(code: str, folder: Path) -> str:
    shown = []
    for line in code.splitlines():
        said = _command(shlex.split(line.removeprefix("$ ")), folder)
        said = said.replace(f"{folder}{os.sep}", "")
        shown += [line, _INSTALLED.sub("", said).rstrip("\n")]
    return "\n".join(filter(None, shown)) + "\n"


def _command(words: list[str], folder: Path) -> str:
    """What a command says. Raises RuntimeError where it is wrong."""
    if words[0] == "rnnscope" and words[1] != "run":  # torch is imported once for all of them
        with inside(folder) as kept:
            status = run(words[1:])
        said = kept.getvalue()
    else:
        module = ["-m", "rnnscope"] if words[0] == "rnnscope" else []
        done = subprocess.run(
            [sys.executable, *module, *words[1:]],
            cwd=folder,
            env={**os.environ, "COLUMNS": "80", "NO_COLOR": "1", "PYTHONUTF8": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        status, said = done.returncode, done.stdout
    if status >= USAGE:
        raise RuntimeError(f"{shlex.join(words)} ends with {status}: {said}")
    return said


@contextmanager
def inside(folder: Path) -> Iterator[io.StringIO]:
    """In the folder, as in a terminal of 80 columns; what is printed is kept."""
    before, said = (Path.cwd(), os.environ.get("COLUMNS")), io.StringIO()
    os.chdir(folder)
    os.environ["COLUMNS"] = "80"
    try:
        with redirect_stdout(said), redirect_stderr(said), warnings.catch_warnings():
            yield said
    finally:
        os.chdir(before[0])
        os.environ.pop("COLUMNS") if before[1] is None else os.environ.update(COLUMNS=before[1])
