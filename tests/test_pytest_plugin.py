"""``pytest --rnnscope``, run as the user runs it: one pytest inside of another process."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """import pytest
import torch
from torch import nn

def wrong():
    lstm = nn.LSTM(3, 4, batch_first=True)
    output, _ = lstm(torch.randn(2, 5, 3))
    nn.Linear(4, 1)(output[-1]).sum().backward()

def test_wrong():
    wrong()

def test_right():
    lstm = nn.LSTM(3, 4, batch_first=True)
    output, _ = lstm(torch.randn(2, 5, 3))
    nn.Linear(4, 1)(output[:, -1]).sum().backward()

@pytest.mark.rnnscope_ignore
def test_marked():
    wrong()

@pytest.mark.rnnscope_ignore("RNN3", "RNN4")
def test_some_codes():
    wrong()

@pytest.mark.rnnscope_ignore
def test_fixture(rnnscope_watch):
    wrong()
    with_codes = [finding.code for finding in rnnscope_watch.findings]
    assert with_codes == ["RNN401"]

def test_raises():
    nn.LSTM(3, 4)(torch.randn(2, 5, 3), torch.zeros(1, 5, 4))
"""

OFF = """import sys

def test_nothing_is_imported():
    assert "torch" not in sys.modules
"""


def pytest_run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    return subprocess.run([*command, *options], cwd=folder, capture_output=True, text=True)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("plugin")
    (folder / "test_models.py").write_text(TESTS)
    return pytest_run(folder, "--rnnscope", "-p", "no:hypothesispytest", "-rA").stdout


def test_only_tests_with_findings_fail(ran: str) -> None:
    assert "FAILED test_models.py::test_wrong" in ran
    assert "FAILED test_models.py::test_raises" in ran
    assert "2 failed, 4 passed" in ran


def test_findings_are_printed_like_an_assertion(ran: str) -> None:
    assert "\nRNN401 test_models.py:8 one-sample-read\n" in ran
    assert "E   error[RNN401] one-sample-read" in ran
    assert re.search(r"E     repair   - .*output\[-1\].*\nE              \+ .*output\[:, -1\]", ran)


def test_an_exception_keeps_its_traceback_and_gets_a_note(ran: str) -> None:
    assert "rnnscope: test_models.py:33:" in ran
    assert ": RNN210 error: " in ran
    assert f"rnnscope{'/'}pytest_plugin.py" not in ran


def test_off_means_that_torch_stays_out(tmp_path: Path) -> None:
    (tmp_path / "test_off.py").write_text(OFF)
    done = pytest_run(tmp_path)
    assert done.returncode == 0, done.stdout
