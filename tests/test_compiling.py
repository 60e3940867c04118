"""What is asked of torch.compile must not cost the program anything."""

from __future__ import annotations

import sys

from rnnscope.recording.compiling import in_compiled_code


def test_to_ask_whether_code_is_compiled_takes_nothing_away() -> None:
    before = sys.getrefcount(None)
    asked = [in_compiled_code() for _ in range(1000)]
    assert not any(asked)
    assert sys.getrefcount(None) > before - 500, "the process would die of it"
