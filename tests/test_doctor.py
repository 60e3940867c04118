"""doctor: messages and whole tracebacks of any machine, explained."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import rnnscope
from rnnscope.cli import run
from rnnscope.messages.tracebacks import failures_in

TRACEBACK = """\
epoch 3 loss 0.21
Traceback (most recent call last):
  File "/home/me/project/train.py", line 41, in <module>
    output, h = net(inputs, h)
                ^^^^^^^^^^^^^^
  File "/usr/lib/python3.11/site-packages/torch/nn/modules/module.py", line 1751, in _call_impl
    return forward_call(*args, **kwargs)
  File "/home/me/project/net.py", line 23, in forward
    lstm_out, hidden = self.lstm(self.embedding(x), hidden)
  File "/usr/lib/python3.11/site-packages/torch/nn/modules/rnn.py", line 1120, in forward
    self.check_forward_args(input, hx, batch_sizes)
RuntimeError: Expected hidden[0] size (2, 4, 64), got [2, 64, 64]
"""
NOTEBOOK = """\
RuntimeError                              Traceback (most recent call last)
Cell In[7], line 3
      1 x = torch.randn(3, 5, 10)
      2 h = torch.zeros(3, 1, 20)
----> 3 out, h = gru(x, h)

File ~/venv/lib/python3.11/site-packages/torch/nn/modules/rnn.py:1390, in GRU.forward(self, x, h)
   1388 self.check_forward_args(input, hx, batch_sizes)

RuntimeError: Expected hidden size (1, 3, 20), got [3, 1, 20]
"""
WARNING = (
    "/usr/lib/python3.11/site-packages/torch/nn/modules/rnn.py:123: UserWarning: dropout option "
    "adds dropout after all but last recurrent layer, so non-zero dropout expects num_layers "
    "greater than 1, but got dropout=0.3 and num_layers=1\n  warnings.warn("
)
CHAINED = TRACEBACK + (
    "\nDuring handling of the above exception, another exception occurred:\n\n"
    'Traceback (most recent call last):\n  File "/home/me/project/train.py", line 60, in <module>\n'
    "    report(loss)\nNameError: name 'report' is not defined\n"
)


def doctor(text: str, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, Any]:
    status = run(["doctor", text, "--format", "json", *options])
    return status, json.loads(capsys.readouterr().out)


def test_traceback_shows_the_users_own_frame(capsys: pytest.CaptureFixture[str]) -> None:
    status, data = doctor(TRACEBACK, capsys)
    [finding] = data["findings"]
    assert status == 1
    assert finding["code"] == "RNN204"
    assert (finding["location"]["file"], finding["location"]["line"]) == (
        "/home/me/project/net.py",
        23,
    )
    assert finding["related"][0]["message"].startswith("lstm_out, hidden = self.lstm(")
    assert data["outcome"]["exception"]["type"] == "RuntimeError"


def test_traceback_comes_from_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    piped = io.TextIOWrapper(io.BytesIO(TRACEBACK.encode()))
    monkeypatch.setattr("sys.stdin", piped)
    assert run(["doctor", "--format", "plain"]) == 1
    assert capsys.readouterr().out.startswith("/home/me/project/net.py:23: RNN204 error: h_0")


def test_notebook_traceback_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    _status, data = doctor(NOTEBOOK, capsys)
    [finding] = data["findings"]
    assert (finding["code"], finding["location"]["line"]) == ("RNN202", 3)
    assert finding["related"][0]["message"] == "out, h = gru(x, h)"


def test_warning_is_read_without_a_place_of_torchs(capsys: pytest.CaptureFixture[str]) -> None:
    status, data = doctor(WARNING, capsys)
    [finding] = data["findings"]
    assert (status, finding["code"], finding["location"]) == (1, "RNN101", None)


def test_first_failure_is_explained_when_the_last_one_is_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _status, data = doctor(CHAINED, capsys)
    assert [finding["code"] for finding in data["findings"]] == ["RNN204"]


@pytest.mark.parametrize(
    "text", ["CUDA out of memory.", "hello", "Traceback (most recent call last):", "KeyError: 'a'"]
)
def test_text_about_something_else_is_no_finding(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["doctor", text]) == 0
    assert "not look like a message about recurrent layers" in capsys.readouterr().out
    assert doctor(text, capsys) == (0, json.loads(json.dumps(doctor(text, capsys)[1])))


def test_a_traceback_that_is_cut_short_is_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", TRACEBACK.rpartition("RuntimeError")[0]]) == 0
    assert "ends before its last line" in capsys.readouterr().out


def test_empty_text_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "  "]) == 2
    assert "empty" in capsys.readouterr().err


def test_words_without_quotes_are_one_text(capsys: pytest.CaptureFixture[str]) -> None:
    text = "input.size(-1) must be equal to input_size. Expected 10, got 11"
    assert run(["doctor", *text.split(), "--format", "plain"]) == 1
    assert "RNN201" in capsys.readouterr().out


def test_terminal_shows_message_and_repair(capsys: pytest.CaptureFixture[str]) -> None:
    run(["doctor", "Expected hidden[0] size (2, 3, 20), got [3, 2, 20]"])
    shown = capsys.readouterr().out
    assert "(D*num_layers, N, H_out) = (2, 3, 20)" in shown
    assert "fix      h_0 = h_0.transpose(0, 1).contiguous()" in shown


def test_library_explains_an_exception_with_its_line() -> None:
    with pytest.raises(RuntimeError) as caught:
        nn.GRU(10, 20)(torch.randn(5, 3, 10), torch.zeros(3, 1, 20))
    report = rnnscope.diagnose(caught.value)
    [finding] = report.findings
    assert finding.code == "RNN202"
    assert finding.location is not None
    assert finding.location.file.endswith("test_doctor.py")
    assert "nn.GRU(10, 20)" in finding.related[0].message


def test_library_explains_what_an_exception_was_raised_from() -> None:
    cause = RuntimeError("Expected hidden size (2, 3, 20), got [3, 2, 20]")
    outer = ValueError("the step failed")
    outer.__cause__ = cause
    assert [finding.code for finding in rnnscope.diagnose(outer).findings] == ["RNN202"]


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("RuntimeError: a b", "RuntimeError", "a b"),
        ("torch._dynamo.exc.Unsupported: a", "torch._dynamo.exc.Unsupported", "a"),
        ("no name at all", None, "no name at all"),
        (TRACEBACK, "RuntimeError", "Expected hidden[0] size (2, 4, 64), got [2, 64, 64]"),
    ],
)
def test_failure_is_taken_apart(text: str, name: str | None, message: str) -> None:
    failure = next(failures_in(text))
    assert (failure.exception, failure.text) == (name, message)


def test_steps_below_the_users_line_are_kept() -> None:
    failure = next(failures_in(TRACEBACK))
    assert failure.through == ("rnn.py:forward",)


def test_a_file_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "traceback.txt").write_text(TRACEBACK, encoding="utf-8")
    assert run(["doctor", str(tmp_path / "traceback.txt"), "--format", "plain"]) == 1
    assert "RNN204" in capsys.readouterr().out
