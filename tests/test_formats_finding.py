"""A finding in a terminal: the ten commonest ones, at three widths, with the user's own lines."""

from __future__ import annotations

import io
import itertools
import json
import linecache
import os
import re
from pathlib import Path

import pytest
from rich.console import Console

from rnnscope.findings import Finding, Location, Related, Repair, Severity
from rnnscope.formats.findings import FindingText
from rnnscope.repair import completed
from rnnscope.repair.code import code_of
from rnnscope.spans import tree_of
from rnnscope.summary import WatchSummary

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
# As `rnnscope run` finds them in tests/corpus, before the lines are read for what they mean.
DATA = json.loads((HERE / "data" / "findings.json").read_text(encoding="utf-8"))
WATCHED = WatchSummary({"LSTM": 1}, 8, 8)


def finding(data: dict[str, object]) -> Finding:
    words = {name: data[name] for name in ("code", "name", "message", "fix", "count", "proof")}
    return Finding(
        severity=Severity(data["severity"]),
        location=Location("buggy.py", data["line"]),  # type: ignore[arg-type]
        related=tuple(Related(Location("buggy.py", n), text) for n, text in data["related"]),  # type: ignore
        **words,  # type: ignore[arg-type]
    )


def shown(one: Finding, width: int, watched: WatchSummary | None = None) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None, highlight=False)
    console.print(FindingText(one, watched), crop=False)
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in lines)


def all_shown(width: int, monkeypatch: pytest.MonkeyPatch) -> str:
    texts = []
    for data in DATA:
        monkeypatch.chdir(HERE / "corpus" / data["case"])
        for cached in (linecache.clearcache, tree_of.cache_clear, code_of.cache_clear):
            cached()
        texts.append(shown(completed([finding(data)])[0], width, WATCHED))
    linecache.clearcache()
    return "\n\n".join(texts) + "\n"


@pytest.mark.parametrize("width", [60, 80, 120])
def test_as_in_the_golden_file(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = all_shown(width, monkeypatch)
    path = GOLDEN / f"findings.{width}"
    if os.environ.get("RNNSCOPE_WRITE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_only_a_repair_runs_over_the_width(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for line in all_shown(width, monkeypatch).splitlines():
        assert len(line) <= width or re.match(r"(  repair   | {11})[-+] ", line), line


def test_marks_stand_below_what_is_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = all_shown(60, monkeypatch).splitlines()
    marked = [(above, line) for above, line in itertools.pairwise(lines) if "^" in line]
    words = [above[line.index("^") : line.rindex("^") + 1] for above, line in marked]
    assert len(words) > 10
    assert all(re.match(r"[\w\[(]", word) and word == word.strip() for word in words), words


def test_a_file_that_cannot_be_read_leaves_the_places() -> None:
    one = Finding(
        "RNN401",
        "one-sample-read",
        Severity.WARNING,
        "only one",
        "take all of the samples",
        Location("gone.py", 3),
        (Related(Location("gone.py", 7), "it runs here"),),
    )
    assert shown(one, 60).splitlines() == [
        "warning[RNN401] one-sample-read",
        "  only one",
        "  gone.py:3",
        "  gone.py:7",
        "               it runs here",
        "  fix      take all of the samples",
        "  more     rnnscope rule RNN401",
    ]


def test_a_quoted_line_stands_for_a_file_that_cannot_be_read() -> None:
    place = Location("gone.py", 3)
    quoted = Related(place, "return output[-1]")
    one = Finding("RNN401", "name", Severity.ERROR, "only one", None, place, (quoted,))
    assert shown(one, 60).splitlines()[2:4] == [
        "  gone.py:3    return output[-1]",
        "  more     rnnscope rule RNN401",
    ]


def test_what_was_tried_is_said() -> None:
    repair = Repair((), "- output[-1]\n+ output[:, -1]", tried=True)
    one = Finding("RNN401", "one-sample-read", Severity.ERROR, "only one", repair=repair)
    assert shown(one, 60).splitlines()[2:5] == [
        "  repair   - output[-1]",
        "           + output[:, -1]",
        "           tried: the program ran, and this finding was gone",
    ]
