"""Loading what is to be verified: ``path/to/file.py:Name`` or ``package.module:Name``."""

from __future__ import annotations

import ast
import contextlib
import difflib
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from rnnscope.errors import TargetError
from rnnscope.verification.slicing import defined, slice_for

_HINT = "write path/to/file.py:Name or package.module:Name"


@contextmanager
def loaded(text: str) -> Iterator[Any]:
    """The class or object that a text names, with sys.path and sys.modules as they were afterwards.

    Of a file, only what the name needs is executed. Whatever the code prints on loading is dropped.
    Raises TargetError, one sentence.
    """
    place, colon, name = text.rpartition(":")
    if not colon or not place or not name:
        raise TargetError(f"{text!r} names no class: {_HINT}.")
    with _own_imports():
        if place.endswith(".py") or "/" in place:
            yield _from_file(Path(place), name)
        else:
            yield _from_package(place, name)


@contextmanager
def _own_imports() -> Iterator[None]:
    """Put sys.path back, and forget the modules that were loaded from the target's own folders."""
    path, modules = list(sys.path), dict(sys.modules)
    try:
        yield
    finally:
        added = [entry for entry in sys.path if entry not in path]
        sys.path[:] = path
        for name in set(sys.modules) - set(modules):
            file = getattr(sys.modules[name], "__file__", None) or ""
            if name == _MODULE or any(Path(file).parent == Path(entry) for entry in added):
                del sys.modules[name]


_MODULE = "rnnscope_target"


def _from_file(path: Path, name: str) -> Any:
    try:
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source, str(path))
    except OSError as error:
        raise TargetError(f"cannot read {path}: {error.strerror}; {_HINT}.") from None
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        raise TargetError(
            f"{path} does not read as Python{f', line {line}' if line else ''}: "
            f"{getattr(error, 'msg', error)}; repair it first."
        ) from None
    head = name.partition(".")[0]
    part = slice_for(tree, head)
    module = ModuleType(_MODULE)
    module.__file__ = str(path)
    sys.modules[_MODULE] = module
    sys.path.insert(0, str(path.resolve().parent))
    with _quiet(f"{path}"):
        exec(compile(part, str(path), "exec"), module.__dict__)
    return _attribute(module, name, str(path), defined(tree))


def _from_package(place: str, name: str) -> Any:
    sys.path.insert(0, str(Path.cwd()))
    with _quiet(place):
        module = import_module(place)
    classes = [key for key, value in vars(module).items() if isinstance(value, type)]
    return _attribute(module, name, place, classes)


@contextmanager
def _quiet(place: str) -> Iterator[None]:
    """Execute the user's code without its printing, and turn what it raises into one sentence."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    except ModuleNotFoundError as error:
        raise TargetError(f"{place} cannot be imported: {error}; install it, or {_HINT}.") from None
    except (Exception, SystemExit) as error:
        raise TargetError(
            f"{place} cannot be imported: it raises {_said(error)} on import; keep what runs "
            'behind if __name__ == "__main__".'
        ) from None


def _attribute(module: ModuleType, name: str, place: str, classes: list[str]) -> Any:
    value: Any = module
    for part in name.split("."):
        if not hasattr(value, part):
            close = difflib.get_close_matches(part, classes, 1, 0.5)
            meant = (
                f"did you mean {close[0]}?"
                if close
                else f"it has {', '.join(classes[:8]) or 'no class'}."
            )
            raise TargetError(f"{place} has no {name!r}: {meant}")
        value = getattr(value, part)
    return value


def said(error: BaseException) -> str:
    """An exception in one line: its type and the first line of its message."""
    return _said(error)


def _said(error: BaseException) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0][:200]}" if text else type(error).__name__
