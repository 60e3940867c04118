"""Every public name as Markdown, with its signature and its docstring."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from types import FunctionType
from typing import Any

import rnnscope
from rnnscope.testing import assert_equivalent

_HEAD = "# Python\n\nImporting `rnnscope` imports no torch: each name is loaded when it is used."
_WIDTH = 88


def reference() -> str:
    """Functions first, then classes."""
    public = {name: getattr(rnnscope, name) for name in rnnscope.__all__ if name[0] != "_"}
    names = sorted(public, key=lambda name: (isinstance(public[name], type), name.casefold()))
    told = [part for name in names for part in _entry(name, public[name])]
    return "\n\n".join([_HEAD, *told, *_entry("testing.assert_equivalent", assert_equivalent)])


def _entry(name: str, value: Any) -> Iterator[str]:
    yield from _told("##", name, _signature(name, value), value.__doc__)
    for inner, member in vars(value).items() if isinstance(value, type) else ():
        if inner[0] == "_" or not member.__doc__:
            continue
        if isinstance(member, property):
            yield from _told("###", f"{name}.{inner}", inner, member.__doc__)
        elif isinstance(member, FunctionType | classmethod):
            method = getattr(value, inner)
            called = inspect.signature(method)
            if method is member:
                called = called.replace(parameters=list(called.parameters.values())[1:])
            yield from _told("###", f"{name}.{inner}", _written(inner, called), member.__doc__)


def _told(heading: str, name: str, signature: str, docstring: str) -> tuple[str, ...]:
    return f"{heading} {name}", f"```python\n{signature}\n```", _prose(docstring)


def _signature(name: str, value: Any) -> str:
    return _written(name, inspect.signature(value))


def _written(name: str, signature: inspect.Signature) -> str:
    """``name(a: int) -> int``, with a line for each parameter where they are many."""
    shown = re.sub(r"(: |-> )'([^']*)'", r"\1\2", str(signature))
    if len(name + shown) > _WIDTH:
        inner, _, result = shown[1:].rpartition(")")
        shown = "(\n    " + re.sub(r", (?=\*|\w+:|\w+=)", ",\n    ", inner) + f",\n){result}"
    return name + shown


def _prose(docstring: str) -> str:
    """A docstring as Markdown: its examples are code."""
    return re.sub(
        r"^>>> .*?(?=\n\n|\Z)",
        lambda match: f"```pycon\n{match[0]}\n```",
        inspect.cleandoc(docstring),
        flags=re.M | re.S,
    )
