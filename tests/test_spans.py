"""Which expression a line, a frame or a traceback means."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from types import FrameType

import pytest

from rnnscope import spans
from rnnscope.findings import Location

TEXT = """import torch
def step(lstm, x):
    é = "ü"; output, _ = lstm(x)
    return output[:, -1].view(
        2, 3)
def fail(x):
    return x + [1, 2][5] + 3
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("net.py").write_text(TEXT, encoding="utf-8")
    spans.tree_of.cache_clear()
    return "net.py"


def extent(place: Location | None) -> tuple[int, int | None, int | None, int | None] | None:
    if place is None:
        return None
    return place.line, place.column, place.end_line, place.end_column


def test_columns_count_characters(file: str) -> None:
    assert extent(spans.span(file, 3, spans.calls("lstm"))) == (3, 26, 3, 30)


def test_a_subscript_is_meant_as_a_whole(file: str) -> None:
    assert extent(spans.span(file, 4, lambda node: isinstance(node, ast.Subscript))) == (
        4,
        12,
        4,
        25,
    )


def test_of_a_chain_the_last_name_is_meant(file: str) -> None:
    assert extent(spans.span(file, 4, spans.calls("view"))) == (4, 26, 4, 30)


def test_without_a_test_that_passes_it_is_the_value(file: str) -> None:
    assert extent(spans.span(file, 3, spans.calls("gru"))) == (3, 26, 3, 30)


def test_what_cannot_be_read_has_no_span(tmp_path: Path) -> None:
    assert spans.span(str(tmp_path / "gone.py"), 3) is None


def raised(file: str) -> tuple[object, int]:
    names: dict[str, object] = {}
    path = str(Path(file).absolute())
    exec(compile(TEXT.replace("import torch\n", "\n"), path, "exec"), names)
    with pytest.raises(IndexError) as caught:
        names["fail"](0)  # type: ignore[operator]
    entry = caught.tb
    while entry.tb_next:
        entry = entry.tb_next
    return entry.tb_frame.f_code, entry.tb_lasti


def test_an_instruction_knows_its_expression(file: str) -> None:
    code, lasti = raised(file)
    found = spans.expression_of(code, lasti)  # type: ignore[arg-type]
    exact = sys.version_info >= (3, 11)
    assert extent(found) == ((7, 16, 7, 25) if exact else (7, 12, 7, 29))


def test_python_without_positions_falls_back_on_the_statement(file: str) -> None:
    class Code:
        co_filename = str(Path(file).absolute())

        def co_lines(self) -> list[tuple[int, int, int]]:
            return [(0, 8, 6), (8, 60, 7)]

    assert extent(spans.expression_of(Code(), 20)) == (7, 12, 7, 29)  # type: ignore[arg-type]


def test_a_frame_knows_what_it_evaluates(tmp_path: Path) -> None:
    path = tmp_path / "asks.py"
    path.write_text("def ask(f):\n    return [1, f(2)]\n")
    names: dict[str, object] = {}
    exec(compile(path.read_text(), str(path), "exec"), names)
    seen: list[Location | None] = []

    def look(number: int) -> None:
        frame: FrameType | None = sys._getframe(1)
        assert frame is not None
        seen.append(spans.expression_of(frame.f_code, frame.f_lasti))

    names["ask"](look)  # type: ignore[operator]
    expected = (2, 16, 2, 17) if sys.version_info >= (3, 11) else (2, 12, 2, 21)
    assert [extent(place) for place in seen] == [expected]
