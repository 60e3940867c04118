"""rnnscope verify: targets of every spelling, verdicts as exit status, refusals in one sentence."""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path

import handwritten
import pytest

from rnnscope.cli import run

SCRIPT = """\
import torch
from torch import nn
import torch.nn.functional as F
from elsewhere import FACTOR

print("training now")
GATES = 4


{source}

raise SystemExit("this script trains, and ends badly")
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A file that prints and stops when it is imported, with a layer and a mistaken twin in it."""
    source = inspect.getsource(handwritten.FusedLSTM).replace(
        "4 * hidden", "GATES * FACTOR * hidden"
    )
    twin = source.replace("FusedLSTM", "Mistaken").replace("o * torch.tanh(c)", "o * c")
    path = tmp_path / "train.py"
    path.write_text(SCRIPT.format(source=f"{source}\n\n{twin}"), encoding="utf-8")
    (tmp_path / "elsewhere.py").write_text("FACTOR = 1\n", encoding="utf-8")
    return path


def command(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = run(["verify", *words])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_a_class_in_a_script_is_verified_without_running_the_script(
    script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, modules = list(sys.path), set(sys.modules)
    status, out, err = command(capsys, f"{script}:FusedLSTM", "--like", "LSTM(10, 20)")
    assert (status, err) == (0, "")
    assert out.startswith("same function: FusedLSTM is LSTM(10, 20)\n")
    assert "x2h.weight = weight_ih_l0[i f g o]" in out
    assert "times slower than torch's own" in out or "of the time of torch's own" in out
    assert "training now" not in out
    assert sys.path == path
    assert "elsewhere" not in set(sys.modules) - modules
    assert max(map(len, out.splitlines())) <= 80


def test_a_different_layer_ends_with_status_1_and_its_place(
    script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = command(
        capsys, f"{script}:Mistaken", "--like", "LSTM(10, 20)", "--format", "plain"
    )
    assert status == 1
    line = next(
        k for k, text in enumerate(script.read_text().splitlines(), 1) if "Mistaken" in text
    )
    assert out.startswith(f"{script}:{line + 9}: RNN802 error: Mistaken: the output is taken")


def test_json_has_the_verdict_and_its_evidence(
    script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = command(
        capsys, f"{script}:FusedLSTM", "--like", "LSTM(10, 20)", "--format", "json"
    )
    data = json.loads(out)
    assert (status, data["schema"], data["verdict"]) == (0, "rnnscope/1", "same")
    assert 0 <= data["difference"] < 1e-5
    assert data["config"]["hidden_size"] == 20
    assert data["parameter_count"] == 2560
    assert all(check["passed"] for check in data["checks"])
    assert data["mapping"][0] == "x2h.weight = weight_ih_l0[i f g o]"
    _, out, _ = command(capsys, f"{script}:Mistaken", "--like", "LSTM(10, 20)", "--format", "json")
    data = json.loads(out)
    assert (data["verdict"], data["difference"]) == ("different", None)
    assert data["findings"][0]["code"] == "RNN802"


@pytest.mark.parametrize("ending", ["json", "md", "html", "svg", "txt"])
def test_a_report_goes_into_a_file(
    script: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], ending: str
) -> None:
    file = tmp_path / f"report.{ending}"
    status, out, _ = command(
        capsys, f"{script}:Mistaken", "--like", "LSTM(10, 20)", "--output", str(file)
    )
    assert (status, out) == (1, "")
    assert "Mistaken" in file.read_text(encoding="utf-8").replace("&#160;", " ")


def test_a_module_of_a_package_is_a_target(capsys: pytest.CaptureFixture[str]) -> None:
    assert command(capsys, "torch.nn:GRU", "--like", "GRU(10, 20)")[0] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["train.py", "--like", "LSTM(10, 20)"], "names no class: write path/to/file.py:Name"),
        (["none.py:A", "--like", "LSTM(10, 20)"], "cannot read none.py"),
        (["no.such:A", "--like", "LSTM(10, 20)"], "No module named 'no'"),
        (["torch.nn:LSTN", "--like", "LSTM(10, 20)"], "did you mean LSTM"),
        (
            ["torch.nn:Linear", "--like", "LSTM(10, 20", "--args", "3, 4"],
            "does not read as a layer",
        ),
        (["torch.nn:LSTM", "--like", "LSTM(10, 20)", "--args", "x"], "does not read as arguments"),
        (["torch.nn:LSTM", "--like", "LSTM(10, 20)", "--args", "-3, 2"], "cannot be built"),
        (["torch.nn:Bilinear", "--like", "LSTM(10, 20)"], "takes 'in1_features'"),
        (["math:pi", "--like", "LSTM(10, 20)"], "float is no layer"),
        (["torch.nn:Module", "--like", "LSTM(10, 20)", "--args", ""], "no forward method"),
        (["torch.nn:LSTM", "--like", "LSTM(10, 20)", "--map", "w = x"], "names no parameter"),
        (
            ["torch.nn:LSTM", "--like", "LSTM(10, 20)", "--map", "weight_ih_l0 = weight_ih_l0[q]"],
            "torch has no weight_ih_l0[q]",
        ),
    ],
)
def test_a_refusal_is_one_sentence(
    words: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = command(capsys, *words)
    assert (status, out) == (2, "")
    assert said in err
    assert err.startswith("rnnscope: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("class A(:\n", "does not read as Python, line 1"),
        ("import nosuchmodule\nclass A(nosuchmodule.B): pass\n", "No module named 'nosuchmodule'"),
        ("X = 1 / 0\nclass A: y = X\n", "raises ZeroDivisionError: division by zero on import"),
        ("import sys\nX = sys.exit(3)\nclass A: y = X\n", "raises SystemExit"),
    ],
)
def test_a_file_that_cannot_be_loaded_is_one_sentence(
    source: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.py"
    path.write_text(source, encoding="utf-8")
    status, out, err = command(capsys, f"{path}:A", "--like", "LSTM(10, 20)")
    assert (status, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_what_is_no_recurrent_layer_differs(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = command(
        capsys, "torch.nn:Linear", "--like", "LSTM(10, 20)", "--args", "10, 20"
    )
    assert status == 1
    assert out.startswith("different: Linear is not LSTM(10, 20)")


def test_an_lstm_that_is_held_against_a_gru_is_told_apart(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, out, _ = command(capsys, "torch.nn:LSTM", "--like", "GRU(10, 20)", "--args", "10, 20")
    assert status == 1
    assert "returns two states, as an LSTM does; a GRU has one" in out
    assert "torch.stack" not in out
