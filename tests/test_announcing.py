"""Errors are told while the program runs, once, and only when nothing can take them away."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from rnnscope import console
from rnnscope.experiments import budget
from rnnscope.findings import Finding
from rnnscope.selection import Selection
from rnnscope.watching import Watch, watch

# There is time for questions from the first step on: how fast a machine is must not matter here.
PROGRAM = """
import atexit, sys
import torch
from torch import nn
from rnnscope.experiments import budget
budget.START = 60.0
atexit.register(print, "at exit")
gru = nn.GRU(3, 8, num_layers=3, bidirectional=True)
try:
    for step in range(3):
        gru(torch.randn(9, 4, 3))[1].view(2, 3, 4, 8)[0].sum().backward()
        sys.stderr.write(f"step {step}\\n")
        if step == 1 and "interrupt" in sys.argv:
            raise KeyboardInterrupt
finally:
    print("finally", flush=True)
"""


@pytest.fixture(autouse=True)
def time_for_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "START", 60.0)


def train(steps: int, index: Any = -1) -> None:
    lstm, head = nn.LSTM(3, 8, batch_first=True), nn.Linear(8, 1)
    for _ in range(steps):
        head(lstm(torch.randn(4, 9, 3))[0][index]).sum().backward()


def run(folder: Path, *options: str, arguments: tuple[str, ...] = ()) -> tuple[int, str, str]:
    (folder / "train.py").write_text(PROGRAM)
    command = [sys.executable, "-m", "rnnscope", "run", *options, "train.py", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def test_an_error_is_printed_while_the_program_runs_and_not_again(tmp_path: Path) -> None:
    status, _, errors = run(tmp_path)
    assert errors.count("RNN407]") == 1
    assert errors.index("error[RNN407]") < errors.index("step 0") < errors.index("Found 1 error")
    assert status == 1


def test_the_first_error_stops_the_script_and_its_own_endings_run(tmp_path: Path) -> None:
    status, printed, errors = run(tmp_path, "-x")
    assert (status, printed) == (1, "finally\nat exit\n")
    assert "step" not in errors.partition("error[RNN407]")[0]
    assert errors.rstrip().endswith("Found 1 error in train.py. 1 GRU, 1 training step watched.")


def test_an_error_that_is_not_wanted_stops_nothing(tmp_path: Path) -> None:
    status, _, errors = run(tmp_path, "-x", "--ignore", "RNN407")
    assert status == 0
    assert "step 2" in errors


def test_an_interrupt_leaves_the_findings_and_its_own_status(tmp_path: Path) -> None:
    status, printed, errors = run(tmp_path, arguments=("interrupt",))
    assert printed == "finally\nat exit\n"
    assert "Found 1 error" in errors
    assert status == -2


def test_what_is_told_stays_found_and_is_told_once() -> None:
    told: list[Finding] = []
    gru = nn.GRU(3, 8, num_layers=3, bidirectional=True)
    with Watch(Selection(), show=False, on_errors=told.extend) as seen:
        for _ in range(12):
            gru(torch.randn(9, 4, 3))[1].view(2, 3, 4, 8)[0].sum().backward()
    assert [finding.code for finding in told] == ["RNN407"]
    assert [finding.code for finding in seen.findings] == ["RNN407"]


def test_what_experiments_have_shown_is_told_after_the_first_step_that_was_asked() -> None:
    told: list[Finding] = []
    lstm, head = nn.LSTM(3, 8), nn.Linear(8, 1)
    data = torch.utils.data.TensorDataset(torch.randn(16, 9, 3), torch.randn(16, 1))
    with Watch(Selection(), show=False, on_errors=told.extend) as seen:
        for x, y in torch.utils.data.DataLoader(data, 4, shuffle=True):
            nn.functional.mse_loss(head(lstm(x)[0][:, -1]), y).backward()
            assert [finding.code for finding in told] == ["RNN301"]
    assert [finding.code for finding in seen.findings] == ["RNN301"]


def test_a_bar_of_tqdm_is_cleared_and_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()

    class Mode:
        def __init__(self, file: Any) -> None:
            assert file is stream

        def __enter__(self) -> None:
            stream.write("cleared")

        def __exit__(self, *raised: Any) -> None:
            stream.write("drawn")

    bars = SimpleNamespace(tqdm=SimpleNamespace(external_write_mode=Mode))
    monkeypatch.setitem(sys.modules, "tqdm", bars)
    console.write_between(stream, "text")
    assert stream.getvalue() == "cleared\ntext\ndrawn"


def test_a_live_display_of_rich_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    stream, above = io.StringIO(), io.StringIO()
    above.rich_proxied_file = stream  # type: ignore[attr-defined]
    monkeypatch.setattr(sys, "stderr", above)
    console.write_between(stream, "text")
    assert (stream.getvalue(), above.getvalue()) == ("", "\ntext\n")


def test_a_watch_prints_its_report_once(capsys: pytest.CaptureFixture[str]) -> None:
    with watch():
        train(1)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("error[RNN401]") == 1
    assert printed.err.endswith(
        "\nFound 1 error in the watched code. 1 LSTM, 1 training step watched.\n"
    )


def test_a_decorated_function_tells_what_is_new(capsys: pytest.CaptureFixture[str]) -> None:
    decorated = watch()(train)
    for index in ((slice(None), -1), (slice(None), -1), -1, -1):
        decorated(1, index)
    printed = capsys.readouterr().err
    assert printed.count("nothing found") == printed.count("error[RNN401]") == 1


def test_no_watch_prints_what_its_owner_tells(capsys: pytest.CaptureFixture[str]) -> None:
    with watch(show=False):
        train(1)
    with Watch(Selection(), reporter=True), watch() as inner:
        train(1)
    assert [finding.code for finding in inner.findings] == ["RNN401"]
    assert capsys.readouterr().err == ""


def test_the_report_of_a_watch_is_data_as_that_of_a_run() -> None:
    with watch(show=False) as seen:
        train(1)
    data = seen.report.to_dict()
    assert data["watched"]["steps"] == 1
    assert data["torch"] == torch.__version__
    assert data["outcome"] == {"exception": None}
