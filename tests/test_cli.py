"""The command line as a user types it: what it prints, where, and its exit status."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import typer.main

from rnnscope import __version__
from rnnscope.cli import COMMANDS, application, run
from rnnscope.commands.help import EXAMPLES
from rnnscope.commands.spelling import COMMANDS as LAYERED
from rnnscope.commands.spelling import spelled

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
    ("inspect", "LSTM", "10", "20", "-o", "a.pdf"): "a.pdf has the ending .pdf, and its ending",
    ("inspect", "LSTM", "10", "20", "--gates", "-o", "a"): "a has no ending, and its ending",
    ("explain", "LSTM", "10", "20", "h_n", "-o", "a.doc"): ".svg or .json, or name a format.",
    ("explain", "LSTM", "10", "20", "weight_ih_l0", "--as", "onnx", "-o", "a.svg"): "or .json,",
    ("check", "LSTM", "10", "20", "-o", "a.docx"): "the ending .docx",
    ("verify", "absent.py:Net", "--like", "GRU(1, 2)", "-o", "a.png"): "the ending .png",
    ("doctor", "Expected hidden[0] size", "-o", "a.log"): "the ending .log",
    ("run", "-o", "a.pdf", "absent.py"): "the ending .pdf",
    ("fuzz", "-o", "a.html"): "choose .txt or .json, or name a format",
    ("rules", "-o", "a.html"): "choose .txt, .md, .markdown or .json",
    ("inspect", "LSTM", "10", "20", "--sideways"): "No such option",
    ("inspect", "GRU", "10", "20", "--proj-size", "5"): "only the LSTM has a projection",
    ("inspect", "LSTMCell", "10", "20", "--layers", "2"): "For a whole sequence use LSTM.",
    ("inspect",): "Missing argument 'LAYER'. See rnnscope inspect --help.",
    ("inspect", "LSTM", "10", "20", "--lengths", "5,,3"): "write --lengths 5,3,2",
    ("inspect", "LSTMCell", "10", "20", "--lengths", "5,3"): "a cell computes one step",
    ("check", "LSTMCell", "10", "20", "--lengths", "5,3"): "a cell computes one step",
    ("check", "LSTM", "10", "20", "--input-dtype", "floaty"): "choose float16",
    ("frobnicate",): "No such command",
    ("inspekt", "LSTM"): "See rnnscope --help.\n",
    ("inspect", "LSTM", "-10", "20"): "input_size=-10",
    ("inspect", "LSTM", "10", "-20"): "hidden_size=-20",
    ("inspect", "LSTM", "10", "999999999999999"): "hidden_size=999999999999999 is",
    ("inspect", "LSTM(10, 20, num_layers=3)", "--layers", "2"): "written with num_layers=3",
    ("inspect", "LSTM", "10", "20", "batch_first=maybe"): "True or False",
    ("check", "train.py"): "rnnscope run train.py",
    ("inspect", "train.py"): "rnnscope inspect train.py:Net",
    ("check", "model.py:Net"): "rnnscope inspect model.py:Net",
    ("inspect", "absent.py:Net"): "cannot read absent.py",
    ("inspect", "LSTM", "10", "20", "--format", "pdf"): "choose terminal, full",
    ("rules", "--format", "html"): "choose terminal, json, markdown",
    ("doctor", "absent.txt"): "there is no file absent.txt",
}


@pytest.mark.skipif(
    tuple(map(int, version("typer").split(".")[:2])) < (0, 20), reason="typer tells since 0.20"
)
def test_a_misspelt_command_is_answered_with_the_right_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["inspekt", "LSTM"]) == 2
    assert capsys.readouterr().err.endswith("Did you mean inspect? See rnnscope --help.\n")


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
    assert "✓ measured on cpu, as predicted; reference agrees " in text
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
    shown = capsys.readouterr().out
    assert f"Usage: rnnscope {name} " in shown
    assert "{" not in shown.splitlines()[0]
    assert shown.rpartition("Examples:\n")[2].splitlines() == [f"  {x}" for x in EXAMPLES[name]]
    assert max(map(len, shown.splitlines())) <= 80


def test_options_stand_under_what_they_are_about(capsys: pytest.CaptureFixture[str]) -> None:
    run(["check", "--help"])
    shown = capsys.readouterr().out
    places = [shown.index(f"\n{head}:") for head in ("Layer", "Call", "Options", "Output")]
    assert places == sorted(places)
    assert places[0] < shown.index("--batch-first") < places[1] < shown.index("--h0") < places[2]
    assert places[3] < shown.index("-o, --output FILE")


def test_every_example_of_the_help_is_a_command_line() -> None:
    for name, lines in EXAMPLES.items():
        for line in lines:
            words = shlex.split(line.rpartition("| ")[2])
            assert words[:2] == ["rnnscope", name]
            command = typer.main.get_command(application([name]))
            taken = spelled(words[2:]) if name in LAYERED else words[2:]
            assert command.make_context(name, taken, resilient_parsing=True) is not None


@pytest.mark.parametrize(
    "words",
    [
        ["--num_layers", "2", "--batch_first", "--no_bias"],
        ["--num_layers=2", "--batch_first=True", "bias=False"],
        ["num_layers=2", "batch_first=True", "bias=False", "bidirectional=False"],
        ["--num-layers", "2", "--batch_first", "True", "--bias", "False", "dtype=torch.float32"],
    ],
    ids=" ".join,
)
def test_options_are_taken_as_torch_spells_them(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["inspect", "LSTM", "10", "20", *words, "--no-run"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("LSTM(10, 20, num_layers=2, bias=False, batch_first=True)  on cpu")
    assert run(["inspect", "GRU", "input_size=3", "hidden_size=4", "--no-run"]) == 0
    assert capsys.readouterr().out.startswith("GRU(3, 4)")


def test_a_shell_completes_commands_options_and_values() -> None:
    def completed(line: str) -> list[str]:
        asked = {"COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
        environment = os.environ | asked | {"_RNNSCOPE_COMPLETE": "complete_bash"}
        command = [sys.executable, "-m", "rnnscope"]
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        return done.stdout.split()

    assert completed("rnnscope in") == ["inspect"]
    assert completed("rnnscope explain --num") == ["--num-layers"]
    assert completed("rnnscope inspect --format m") == ["markdown"]
    assert completed("rnnscope check LSTM") == ["LSTM", "LSTMCell"]


MODEL = """
from torch import nn

class Net(nn.Module):
    def __init__(self, vocab_size, hidden_dim, strange):
        super().__init__()
        self.rnn = nn.GRU(5, hidden_dim)

    def forward(self, x):
        return self.rnn(x)
"""


def test_a_model_in_a_file_is_built_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "model.py").write_text(MODEL)
    target = f"{tmp_path / 'model.py'}:Net"
    assert run(["inspect", target, "--args", "10, 7, 1"]) == 0
    assert capsys.readouterr().out.startswith("rnn  GRU(5, 7)  on cpu")
    assert run(["inspect", target]) == 2
    assert "give the arguments with --args" in capsys.readouterr().err


NO_TORCH = """
import sys

class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")

sys.meta_path.insert(0, NoTorch())
from rnnscope.cli import run
sys.exit(run(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    "words",
    [
        ["inspect", "LSTM", "10", "20"],
        ["inspect", "model.py:Net"],
        ["verify", "model.py:Net", "--like", "GRU(1, 2)"],
        ["fuzz", "--examples", "3"],
    ],
    ids=" ".join,
)
def test_without_torch_what_needs_it_says_so(words: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", NO_TORCH, *words], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("rnnscope: torch is not installed, and this needs it: pip")
    assert done.stderr.count("\n") == 1


def test_a_predicted_picture_and_page_are_written_without_torch(tmp_path: Path) -> None:
    """A process in which torch cannot be imported draws all the same."""
    for name in ("lstm.svg", "lstm.html"):
        words = ["inspect", "LSTM", "10", "20", "--no-run", "-o", str(tmp_path / name)]
        subprocess.run([sys.executable, "-c", NO_TORCH, *words], check=True)
        assert "<svg" in (tmp_path / name).read_text(encoding="utf-8")


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
