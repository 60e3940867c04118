"""Whole correct programs, of many kinds: a watch has nothing to say of them."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from rnnscope.recording.recorder import RECORDER
from rnnscope.watching import watch

pytestmark = pytest.mark.usefixtures("seeded")
PROGRAMS = sorted((Path(__file__).parent / "right").glob("*.py"))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_a_right_program_is_left_in_peace(
    program: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    RECORDER.failures.clear()
    with watch() as seen:
        session = seen.session
        runpy.run_path(str(program), run_name="__main__")
    assert session is not None
    assert session.steps_watched > 0 or ".backward()" not in program.read_text(encoding="utf-8")
    assert [str(f) for f in seen.findings if f.severity.counts] == []
    assert RECORDER.failures == {}
    assert session.inquiry.failures == {}
