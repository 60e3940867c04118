"""Run a script or a module exactly as ``python`` would, and keep how it ended.

The script gets its own ``sys.argv``, ``__main__`` and ``sys.path[0]``; its traceback is printed as
Python prints it. rnnscope takes the process over for it: atexit functions, threads and pickles of
the script's classes find the script's ``__main__`` until the process ends.
"""

from __future__ import annotations

import importlib.machinery
import io
import os
import runpy
import sys
import threading
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType, ModuleType

from rnnscope.errors import TargetError
from rnnscope.frames import without_ours

INTERRUPTED = 130  # 128 + SIGINT, as shells report it


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
    def folder(self) -> str:
        """What Python puts first on ``sys.path``."""
        if self.module:
            return os.getcwd()
        path = os.path.realpath(self.name)
        return path if self.is_package else os.path.dirname(path)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: the exception that left the script, if any, and its exit status."""

    status: int = 0
    exception: BaseException | None = None

    @property
    def interrupted(self) -> bool:
        return isinstance(self.exception, KeyboardInterrupt)


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
    code = compiled(target.name)
    return lambda: exec(code, sys.modules["__main__"].__dict__)


def compiled(path: str) -> CodeType:
    """The code of a script in whatever encoding it declares. Raises TargetError."""
    try:
        with io.open_code(os.path.abspath(path)) as file:
            source = file.read()
    except OSError as error:
        raise TargetError(
            f"cannot open {path!r}: {(error.strerror or str(error)).lower()}; "
            "give the path of a Python script, or -m and the name of a module."
        ) from None
    try:
        return compile(source, os.path.abspath(path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise TargetError(_no_python(path, error)) from None


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


def execute(target: Target) -> Ended:
    """Run the target in this process to its end, non-daemon threads included.

    A traceback goes to ``sys.excepthook``, a SystemExit text to standard error, as Python does it.
    Raises TargetError before anything of the target ran.
    """
    take_path(target)
    sys.argv[:] = [target.name, *target.arguments]
    sys.modules["__main__"] = main_module(target)
    try:
        prepare(target)()
    except TargetError:
        raise
    except SystemExit as exit_:
        ended = Ended(exit_status(exit_))
    except BaseException as exception:
        show(exception)
        interrupted = isinstance(exception, KeyboardInterrupt)
        ended = Ended(INTERRUPTED if interrupted else 1, exception)
    else:
        ended = Ended()
    _join_threads()
    return ended


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
    if not (target.module or target.is_package):
        path = os.path.abspath(target.name)
        loader = importlib.machinery.SourceFileLoader("__main__", path)
        module.__dict__.update(__file__=path, __cached__=None, __loader__=loader)
    return module


def exit_status(exit_: SystemExit) -> int:
    """The status of a process that ends with this SystemExit; a text is printed, as Python does."""
    if exit_.code is None:
        return 0
    if isinstance(exit_.code, int):
        return exit_.code & 0xFF
    print(exit_.code, file=sys.stderr)
    return 1


def show(exception: BaseException) -> None:
    """Print the traceback as Python would without rnnscope, through the user's own excepthook."""
    _strip(exception, set())
    sys.last_type, sys.last_value = type(exception), exception
    sys.last_traceback = exception.__traceback__
    sys.excepthook(type(exception), exception, exception.__traceback__)


def _strip(exception: BaseException | None, seen: set[int]) -> None:
    if exception is None or id(exception) in seen:
        return
    seen.add(id(exception))
    exception.__traceback__ = without_ours(exception)
    _strip(exception.__cause__, seen)
    _strip(exception.__context__, seen)


def _join_threads() -> None:
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
