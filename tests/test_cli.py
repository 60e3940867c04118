"""The command line as a user types it: what it prints, where, and its exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rnnscope import __version__
from rnnscope.cli import COMMANDS, run

CANONICAL = ["inspect", "LSTM", "10", "20", "--layers", "2", "--bidirectional"]

# What is typed, and words of the one sentence that answers it.
REFUSED = {
    ("inspect", "LTSM", "10", "20"): "Did you mean LSTM?",
    ("inspect", "LSTM", "10"): "hidden_size is missing",
    ("inspect", "LSTM", "ten", "20"): "input_size='ten'",
    ("inspect", "LSTM", "0", "20"): "a whole number greater than 0",
    ("inspect", "LSTM", "10", "20", "surplus"): "argument='surplus'",
    ("inspect", "LSTM(10"): "does not read as a layer",
    ("inspect", "hello"): "kind='hello'",
    ("inspect", "LSTM", "10", "20", "--lengths", "9", "--seq-len", "5"): "longer than seq_len=5",
    ("inspect", "LSTM", "10", "20", "--lengths", "5,x"): "write --lengths 5,3,2",
    ("inspect", "LSTM", "10", "20", "--lengths", "5,0"): "drop empty sequences",
    ("inspect", "LSTM", "10", "20", "--lengths", "5", "--unbatched"): "lengths need a batch",
    ("inspect", "LSTM", "10", "20", "--lengths", "5,2", "--batch", "3"): "leave out --batch",
    ("inspect", "LSTM", "10", "20", "--dropout", "50"): "write dropout=0.5",
    ("inspect", "LSTM", "10", "20", "--dtype", "int64"): "Did you mean float64?",
    ("inspect", "LSTM", "10", "20", "--format", "xml"): "choose terminal, full",
    ("inspect", "LSTM", "10", "20", "--layers", "two"): "'two'",
    ("inspect", "LSTM", "10", "20", "--no-run", "--output", "/nowhere/a.svg"): "cannot write",
    ("inspect", "LSTM", "10", "20", "--sideways"): "No such option",
    ("inspect", "GRU", "10", "20", "--proj-size", "5"): "only the LSTM has a projection",
    ("inspect", "LSTMCell", "10", "20", "--layers", "2"): "For a whole sequence use LSTM.",
    ("inspect",): "Missing argument 'LAYER'. See rnnscope inspect --help.",
    ("inspect", "LSTM", "10", "20", "--lengths", "5,,3"): "write --lengths 5,3,2",
    ("inspect", "LSTMCell", "10", "20", "--lengths", "5,3"): "a cell computes one step",
    ("check", "LSTMCell", "10", "20", "--lengths", "5,3"): "a cell computes one step",
    ("check", "LSTM", "10", "20", "--input-dtype", "floaty"): "choose float16",
    ("frobnicate",): "No such command",
}


@pytest.mark.parametrize("arguments", REFUSED, ids=" ".join)
def test_a_bad_command_line_is_one_sentence_and_status_2(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(list(arguments)) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert REFUSED[arguments] in captured.err
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("rnnscope: ")


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    assert capsys.readouterr().err.startswith("Usage: rnnscope")


def test_the_list_of_commands_is_not_cut(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(summary in shown for summary in COMMANDS.values())


@pytest.mark.parametrize("format", ["plain", "github"])
def test_nothing_found_is_nothing_printed(format: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inspect", "GRU", "2", "3", "--no-run", "--format", format]) == 0
    assert capsys.readouterr().out == ""


def test_the_canonical_layer_is_measured_and_agrees(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(CANONICAL) == 0
    text = capsys.readouterr().out
    assert "✓ measured on cpu, as predicted; reference agrees to " in text
    assert "(D*num_layers, N, H_out)   = (4, 3, 20)" in text
    assert run([*CANONICAL, "--full"]) == 0
    assert "(D*num_layers, N, H_out)   = (4, 3, 20)  ✓" in capsys.readouterr().out


def test_json_of_a_run_tells_the_measured_shapes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*CANONICAL, "--format", "json", "--no-reference"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["agreement"]["measured"] is True
    assert data["agreement"]["reference"] is None
    assert [t["measured"] for t in data["tensors"]] == [t["shape"] for t in data["tensors"]]
    assert data["torch"] == data["torch"].strip()


def test_a_layer_that_fits_no_memory_is_counted_by_arithmetic(
    capsys: pytest.CaptureFixture[str],
) -> None:
    huge = "LSTM(100000, 200000, num_layers=8, bidirectional=True)"
    assert run(["inspect", huge, "--no-run"]) == 0
    assert "7,200,025,600,000" in capsys.readouterr().out


def test_the_three_ways_to_name_a_layer_are_one(capsys: pytest.CaptureFixture[str]) -> None:
    texts = []
    for words in (["lstm", "10", "20", "2"], ["LSTM", "10", "20", "--num-layers", "2"]):
        assert run(["inspect", *words, "--no-run"]) == 0
        texts.append(capsys.readouterr().out)
    assert run(["inspect", "(rnn): nn.LSTM(10, 20, num_layers=2)", "--no-run"]) == 0
    texts.append(capsys.readouterr().out)
    assert len(set(texts)) == 1


def test_output_goes_into_the_file_in_the_format_of_its_ending(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["inspect", "GRU", "3", "4", "--no-run", "--output", str(tmp_path / "a.json")]) == 0
    assert capsys.readouterr().out == ""
    assert json.loads((tmp_path / "a.json").read_text())["config"]["kind"] == "GRU"


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    text = capsys.readouterr().out
    assert [name for name in COMMANDS if f"\n  {name} " not in text] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_of_its_own(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    assert f"rnnscope {name}" in capsys.readouterr().out


def test_python_dash_m_is_the_same_program() -> None:
    command = [sys.executable, "-m", "rnnscope", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"rnnscope {__version__}\n"
    assert done.stderr == ""


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = [sys.executable, "-m", "rnnscope", "inspect", "LSTM", "3", "4", "3000", "--no-run"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


needs_terminal = pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo terminal")


def at_a_terminal(*words: str, stdin: bool = True, **environment: str) -> str:
    """What a person sees who types this in a terminal of 24 lines."""
    reader, writer = os.openpty()
    command = [sys.executable, "-m", "rnnscope", *words]
    size = {"TERM": "xterm", "COLUMNS": "80", "LINES": "24", "NO_COLOR": "1"}
    with subprocess.Popen(
        command,
        stdin=writer if stdin else subprocess.DEVNULL,
        stdout=writer,
        stderr=writer,
        env=os.environ | size | environment,
    ):
        os.close(writer)
        text = b""
        try:
            while chunk := os.read(reader, 65536):
                text += chunk
        except OSError:
            pass  # Linux says so when the other end has closed
    os.close(reader)
    return text.decode()


@needs_terminal
def test_long_output_goes_through_the_readers_pager() -> None:
    full = ["inspect", "LSTM", "10", "20", "--no-run", "--full"]
    assert "weight_hh_l0" in at_a_terminal(*full, PAGER="cat")
    assert "weight_hh_l0" not in at_a_terminal(*full, PAGER="true")
    assert "weight_hh_l0" in at_a_terminal(*full, PAGER="true", LINES="99")
    assert "weight_hh_l0" in at_a_terminal(*full, PAGER="true", stdin=False)
    assert "weight_hh_l0" in at_a_terminal(*full, PAGER="")


@needs_terminal
def test_in_a_terminal_the_prediction_comes_before_torch_is_imported(tmp_path: Path) -> None:
    # A torch that cannot be imported stands for the time that importing it takes.
    (tmp_path / "torch.py").write_text("raise SystemExit('torch was imported')\n")
    reader, writer = os.openpty()
    environment = os.environ | {"PYTHONPATH": str(tmp_path), "TERM": "xterm", "COLUMNS": "80"}
    command = [sys.executable, "-m", "rnnscope", "inspect", "GRU", "3", "4"]
    process = subprocess.Popen(command, stdout=writer, stderr=subprocess.PIPE, env=environment)
    os.close(writer)
    text = b""
    try:
        while chunk := os.read(reader, 65536):
            text += chunk
    except OSError:
        pass  # Linux says so when the other end has closed
    assert b"torch was imported" in process.communicate()[1]
    assert b"GRU(3, 4)" in text
    assert b"Tensors" in text
