"""Do something at the moment a module has been imported, and not a moment earlier.

A script may set environment variables before it imports torch (``OMP_NUM_THREADS``,
``CUDA_VISIBLE_DEVICES``), so rnnscope must not import torch before the script does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import find_spec
from types import ModuleType
from typing import Any


def when_imported(name: str, callback: Callable[[], None]) -> Callable[[], None]:
    """Call back once the module is there: now, or right after its import. Returns how to cancel."""
    if name in sys.modules:
        callback()
        return lambda: None
    finder = _Finder(name, callback)
    sys.meta_path.insert(0, finder)
    return finder.leave


class _Finder(MetaPathFinder):
    def __init__(self, name: str, callback: Callable[[], None]) -> None:
        self.name = name
        self.callback = callback

    def leave(self) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        self.leave()  # so that the search below does not come back here
        spec = find_spec(fullname)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, self.callback)
        return spec


class _Loader(Loader):
    """The module's own loader, with a call at the end."""

    def __init__(self, own: Loader, callback: Callable[[], None]) -> None:
        self.own = own
        self.callback = callback

    def __getattr__(self, name: str) -> Any:
        return getattr(self.own, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.own.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self.own
        if module.__spec__ is not None:
            module.__spec__.loader = self.own
        self.own.exec_module(module)
        self.callback()


# Python leaves out of a traceback the frames of its own import machinery; this one is part of it.
_Loader.exec_module.__code__ = _Loader.exec_module.__code__.replace(
    co_filename=SourceFileLoader.exec_module.__code__.co_filename
)
