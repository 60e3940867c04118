"""What looks like a mistake and is not: correct code on which a watch finds nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from idioms import IDIOMS

from rnnscope.recording.recorder import RECORDER
from rnnscope.watching import watch


@pytest.mark.parametrize("program", IDIOMS, ids=lambda p: p.__name__)
def test_correct_code_is_left_in_peace(
    program: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    torch.manual_seed(0)
    with watch() as seen:
        program()
    assert not RECORDER.failures
    assert [str(f) for f in seen.findings if f.severity.counts] == []
