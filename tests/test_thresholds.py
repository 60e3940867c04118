"""Every number that decides something has its reason beside it, and all of them are one page.

``python tests/test_thresholds.py`` prints docs/thresholds.md.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import rnnscope

PACKAGE = Path(rnnscope.__file__).parent
PAGE = Path(__file__).parent.parent / "docs" / "thresholds.md"
# What is a measure of a picture or of a table, and decides nothing.
PICTURES = ("drawing", "formats", "gating/heatmap.py", "gating/screen.py")
HEAD = """# The numbers that decide

Each constant below bounds what is looked at, kept or told; the reason is the comment beside it in
the source. Sizes of pictures are left out. `python tests/test_thresholds.py` prints this page.

| module | constant | value | why |
| --- | --- | --- | --- |
"""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A constant of a module, as it is written, and the comment about it."""

    module: str
    name: str
    value: str
    reason: str

    def __str__(self) -> str:
        return f"| `{self.module}` | `{self.name}` | `{self.value}` | {self.reason} |\n"


def is_number(node: ast.expr) -> bool:
    """True for numbers, arithmetic of numbers, and what holds only such, as a table does."""
    match node:
        case ast.Constant(value=value):
            return type(value) in (int, float)
        case ast.UnaryOp(operand=operand):
            return is_number(operand)
        case ast.BinOp(left=left, right=right):
            return is_number(left) and is_number(right)
        case ast.Tuple(elts=elements) | ast.Dict(values=elements):
            return bool(elements) and all(map(is_number, elements))
        case ast.Call(keywords=keywords):
            return ast.unparse(node.func) == "timedelta" and bool(keywords)
    return False


def reason(lines: list[str], node: ast.stmt) -> str:
    """The comment behind a statement, or the lines of comment right above it."""
    behind = re.search(r"  # (?!type:|fmt:|noqa)(.*)", lines[node.lineno - 1])
    if behind:
        return behind[1]
    above = node.lineno - 1
    while above and lines[above - 1].startswith("# "):
        above -= 1
    return " ".join(line[2:] for line in lines[above : node.lineno - 1]).rstrip(".")


def of_source(module: str, source: str) -> Iterator[Threshold]:
    """The numeric constants of one module."""
    lines = source.splitlines()
    for node in ast.parse(source).body:
        match node:
            case (
                ast.Assign(targets=[target], value=value)
                | ast.AnnAssign(target=target, value=ast.expr() as value)
            ) if is_number(value):
                written = ast.get_source_segment(source, value) or ""
                yield Threshold(module, ast.unparse(target), written, reason(lines, node))


def thresholds() -> list[Threshold]:
    """Those of the whole package."""
    paths = {path.relative_to(PACKAGE).as_posix(): path for path in sorted(PACKAGE.rglob("*.py"))}
    return [
        threshold
        for name, path in paths.items()
        if not name.startswith(PICTURES)
        for threshold in of_source(name, path.read_text(encoding="utf-8"))
    ]


def page() -> str:
    return HEAD + "".join(map(str, thresholds()))


def test_every_threshold_has_its_reason_beside_it() -> None:
    assert [f"{t.module}: {t.name}" for t in thresholds() if not t.reason] == []


def test_the_page_lists_them_all() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("A = 3", ("A", "3", "")),
        ("A = 3  # steps: two may be chance", ("A", "3", "steps: two may be chance")),
        ("# Two lines\n# of it.\nA: float = 2 * 1e-3", ("A", "2 * 1e-3", "Two lines of it")),
        ("A, B = 3, -4", ("(A, B)", "3, -4", "")),
        ("A = {'x': 1.5}", ("A", "{'x': 1.5}", "")),
        ("A = timedelta(seconds=6)", ("A", "timedelta(seconds=6)", "")),
        ("A = True", None),
        ("A = 'text'", None),
        ("A = ('x', 3)", None),
    ],
)  # fmt: skip
def test_what_is_a_threshold(source: str, found: tuple[str, str, str] | None) -> None:
    told = [(t.name, t.value, t.reason) for t in of_source("a.py", source)]
    assert told == ([found] if found else [])


if __name__ == "__main__":
    print(page(), end="")
