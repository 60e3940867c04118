"""Which findings are kept: prefixes, ``# noqa``, and pyproject.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnscope.errors import TargetError, UnknownNameError
from rnnscope.findings import Finding, Location, Severity
from rnnscope.selection import Selection, configuration, silenced, statement_lines


def finding(code: str = "RNN401", file: str = "train.py", line: int = 1) -> Finding:
    return Finding(code, "name", Severity.ERROR, "message", location=Location(file, line))


@pytest.mark.parametrize(
    ("select", "ignore", "wanted"),
    [
        (None, None, ["RNN101", "RNN202", "RNN401"]),
        (["RNN2,RNN401"], None, ["RNN202", "RNN401"]),
        (["rnn2", "RNN4"], None, ["RNN202", "RNN401"]),
        (["all"], ["RNN4"], ["RNN101", "RNN202"]),
        (["RNN401"], ["RNN4"], ["RNN401"]),
        (["RNN4"], ["RNN401"], []),
        (None, ["RNN1", "RNN2", "RNN4"], []),
    ],
)
def test_the_longer_prefix_decides(
    select: list[str] | None, ignore: list[str] | None, wanted: list[str]
) -> None:
    chosen = Selection.of(select, ignore)
    assert [c for c in ("RNN101", "RNN202", "RNN401") if chosen.wants(c)] == wanted


def test_a_prefix_that_no_rule_has_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="no rule begins with 'RNX'"):
        Selection.of(["RNX"])


SOURCE = """\
a = output[-1]  # noqa
b = output[-1]  # noqa: RNN401
c = output[-1]  # NOQA:E501,RNN4
d = output[-1]  # noqa: E501
e = output[-1]  # noqa : RNN202
f = f(
    output[-1],
    output[-2],
)  # noqa: RNN401
for step in range(3):  # noqa
    g = output[-1]
h = output[-1]  # not noqa-like at all: noqa
"""


@pytest.mark.parametrize(
    ("line", "silent"),
    [
        (1, True),
        (2, True),
        (3, True),
        (4, False),
        (5, False),
        (7, True),
        (8, True),
        (10, True),
        (11, False),
        (12, False),
    ],
)
def test_noqa_is_read_on_every_line_of_the_statement(
    line: int, silent: bool, tmp_path: Path
) -> None:
    path = tmp_path / "train.py"
    path.write_text(SOURCE)
    assert silenced(finding(file=str(path), line=line)) is silent


def test_lines_of_a_file_that_cannot_be_read() -> None:
    assert statement_lines(Location("<stdin>", 3)) == range(3, 4)
    assert not silenced(finding(file="<stdin>"))
    assert not silenced(Finding("RNN101", "name", Severity.ERROR, "message"))


def test_the_nearest_pyproject_is_read(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.rnnscope]\nignore = ["RNN4"]\n')
    (tmp_path / "deep" / "er").mkdir(parents=True)
    chosen = Selection.configured(folder=tmp_path / "deep" / "er")
    assert chosen == Selection(ignore=("RNN4",))
    assert Selection.configured(ignore=["RNN2"], folder=tmp_path) == Selection(ignore=("RNN2",))
    assert chosen.keep([finding("RNN401"), finding("RNN202")]) == (finding("RNN202"),)


def test_no_pyproject_and_no_table_mean_everything(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert configuration(tmp_path) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool.rnnscope]\nselect = 4\n", "select = 4 is not possible: give a list of codes"),
        ("[tool.rnnscope]\nselekt = []\n", "has no option 'selekt': choose select or ignore"),
        ("[tool.rnnscope\n", "pyproject.toml cannot be read"),
    ],
)
def test_a_wrong_table_is_refused(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(TargetError, match=said):
        configuration(tmp_path)
