"""What ``python NAME`` would run, read and compiled before anything runs."""

from __future__ import annotations

import importlib.machinery
import io
import os
import runpy
import sys
import traceback
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType, ModuleType

from rnnscope.errors import TargetError
from rnnscope.running import cells


@dataclass(frozen=True, slots=True)
class Target:
    """What ``python NAME ARGUMENTS…`` runs; with ``module``, what ``python -m NAME`` runs."""

    name: str
    arguments: tuple[str, ...] = ()
    module: bool = False

    @property
    def is_package(self) -> bool:
        """True for a folder or a zip archive with a ``__main__.py`` inside."""
        return not self.module and (os.path.isdir(self.name) or zipfile.is_zipfile(self.name))

    @property
    def is_notebook(self) -> bool:
        """True for a notebook of Jupyter's, whose cells are run in order."""
        return not self.module and self.name.endswith(".ipynb")

    @property
    def folder(self) -> str:
        """What Python puts first on ``sys.path``."""
        if self.module:
            return os.getcwd()
        path = os.path.realpath(self.name)
        return path if self.is_package else os.path.dirname(path)


def prepare(target: Target) -> Callable[[], None]:
    """Everything that can be refused, before anything runs; what comes back runs the target.

    Raises TargetError for a missing file or module, a folder without ``__main__.py``, and source
    that does not compile.
    """
    if target.module or target.is_package:
        _require_module(target)
        name = target.name if target.module else "__main__"
        # The function behind `python -m`: a traceback through it reads as Python's own.
        as_main = runpy._run_module_as_main  # type: ignore[attr-defined]
        return lambda: as_main(name, alter_argv=target.module)
    codes = compiled_cells(target.name) if target.is_notebook else [compiled(target.name)]

    def run() -> None:
        for code in codes:
            exec(code, sys.modules["__main__"].__dict__)

    return run


def compiled(path: str) -> CodeType:
    """The code of a script in whatever encoding it declares. Raises TargetError."""
    return _compiled(_read(path), path, os.path.abspath(path))


def compiled_cells(path: str) -> list[CodeType]:
    """The code of each cell of a notebook. Raises TargetError; says what only IPython could run."""
    read, skipped = cells.python_cells(_read(path), path)
    if skipped:
        print(f"rnnscope: only IPython runs {', '.join(skipped)}; skipped.", file=sys.stderr)
    # Until Python 3.13 its own excepthook shows the lines of files only.
    sys.excepthook = traceback.print_exception
    return [_compiled(cell.source.encode(), cell.name, cell.remembered()) for cell in read]


def _read(path: str) -> bytes:
    try:
        with io.open_code(os.path.abspath(path)) as file:
            return file.read()
    except OSError as error:
        raise TargetError(
            f"cannot open {path!r}: {(error.strerror or str(error)).lower()}; "
            "give the path of a Python script, or -m and the name of a module."
        ) from None


def _compiled(source: bytes, name: str, path: str) -> CodeType:
    try:
        return compile(source, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise TargetError(_no_python(name, error)) from None


def _no_python(path: str, error: SyntaxError | ValueError) -> str:
    line = getattr(error, "lineno", None)
    place = f"{path}:{line}" if line else path
    reason = str(getattr(error, "msg", error)).rstrip(".?")
    return f"{place} is not Python that {_python()} can read: {reason}."


def _python() -> str:
    return f"Python {sys.version_info.major}.{sys.version_info.minor}"


def _require_module(target: Target) -> None:
    if not target.module:
        if not _has_main(target.name):
            raise TargetError(f"{target.name!r} has no __main__.py: name one of its scripts.")
        return
    try:
        runpy._get_module_details(target.name)  # type: ignore[attr-defined]
    except ImportError as error:
        raise TargetError(f"cannot run -m {target.name}: {error}.") from None
    except SyntaxError as error:
        raise TargetError(_no_python(error.filename or target.name, error)) from None


def _has_main(path: str) -> bool:
    if os.path.isdir(path):
        return any(os.path.exists(os.path.join(path, n)) for n in ("__main__.py", "__main__.pyc"))
    with zipfile.ZipFile(path) as archive:
        return bool({"__main__.py", "__main__.pyc"} & set(archive.namelist()))


def take_path(target: Target) -> None:
    """Put the target's folder where Python puts it: in place of rnnscope's own start folder."""
    if getattr(sys.flags, "safe_path", False) or sys.flags.isolated:
        return
    if not sys.path or sys.path[0] != target.folder:
        sys.path[:1] = [target.folder]


def main_module(target: Target) -> ModuleType:
    """A fresh ``__main__`` with the names that Python gives a script."""
    module = ModuleType("__main__")
    module.__dict__.update(__builtins__=sys.modules["builtins"], __annotations__={})
    if not (target.module or target.is_package or target.is_notebook):
        path = os.path.abspath(target.name)
        loader = importlib.machinery.SourceFileLoader("__main__", path)
        module.__dict__.update(__file__=path, __cached__=None, __loader__=loader)
    return module
