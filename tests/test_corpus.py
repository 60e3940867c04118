"""Real mistakes as whole scripts: found at the line to blame, and the corrected twin is silent."""

from __future__ import annotations

import json
import random
import runpy
from pathlib import Path

import pytest
import torch

from rnnscope.findings import Finding
from rnnscope.watching import watch

CASES = sorted(path.parent for path in (Path(__file__).parent / "corpus").glob("*/case.json"))
# Nothing in these programs says that they are wrong: that a score is wanted before the rest is
# known, or that an episode is over, is only in the head of who wrote them.
OPEN = {"causality-bidirectional-bedside-risk", "state-handling-no-reset-at-episode-end"}


def found(script: Path) -> list[Finding]:
    state, draws = random.getstate(), torch.get_rng_state()
    try:
        with watch() as seen:
            runpy.run_path(str(script), run_name="__main__")
    finally:
        random.setstate(state)
        torch.set_rng_state(draws)
    return [finding for finding in seen.findings if finding.severity.counts]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_mistake_is_found_at_its_line(case: Path) -> None:
    about = json.loads((case / "case.json").read_text())
    findings = found(case / "buggy.py")
    if not findings and case.name in OPEN:
        pytest.skip("nothing in the program tells")
    assert findings, about["why"]
    lines = {about["line"], *about["also_lines"]}
    assert findings[0].location is not None
    assert findings[0].location.line in lines, [str(f) for f in findings]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_corrected_twin_is_silent(case: Path) -> None:
    assert [str(finding) for finding in found(case / "fixed.py")] == []
