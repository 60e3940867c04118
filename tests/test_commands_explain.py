"""``rnnscope explain`` as a person types it: what is printed where, and the exit status."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rnnscope.cli import run

STACK = ["LSTM", "10", "20", "--layers", "2", "--bidirectional"]

WITHOUT_TORCH = """
import sys

class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "torch":
            raise ImportError(f"{name} was imported")

sys.meta_path.insert(0, NoTorch())
from rnnscope.cli import run
sys.exit(run(sys.argv[1:]))
"""


def test_hx_is_h_0(capsys: pytest.CaptureFixture[str]) -> None:
    status, shown, _ = explained(capsys, "GRU", "2", "3", "hx", "--no-run")
    assert status == 0
    assert shown.startswith("h_0  ")


def test_an_rnn_has_no_gates_to_speak_of(capsys: pytest.CaptureFixture[str]) -> None:
    _, shown, _ = explained(capsys, "RNN", "2", "3", "weight_ih_l0", "--no-run")
    assert "0  H_cell  3  hidden   hidden_size=3" in shown
    assert "gate" not in shown


def test_one_sequence_has_no_samples(capsys: pytest.CaptureFixture[str]) -> None:
    _, shown, _ = explained(capsys, "GRU", "2", "3", "h_n", "--unbatched", "--no-run")
    assert "One row for the sequence" in shown


def explained(capsys: pytest.CaptureFixture[str], *words: Any) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of one command."""
    status = run(["explain", *words])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.mark.parametrize(
    ("words", "layer"),
    [
        (["h_n"], "LSTM(10, 20)"),
        (["LSTM", "h_n"], "LSTM(10, 20)"),
        (["forget", "gate"], "LSTM(10, 20)"),
        (["reset gate"], "GRU(10, 20)"),
        (["weight_hr_l0"], "LSTM(10, 20, proj_size=5)"),
        (["h_1"], "LSTMCell(10, 20)"),
        (["batch_first", "--layers", "2"], "LSTM(10, 20, num_layers=2)"),
    ],
)
def test_without_a_layer_a_small_one_is_taken(
    capsys: pytest.CaptureFixture[str], words: list[str], layer: str
) -> None:
    status, out, err = explained(capsys, *words, "--no-run")
    assert (status, err) == (0, "")
    assert f"\nof {layer}, " in out


def test_markdown_is_ready_for_course_notes(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = explained(capsys, *STACK, "h_n", "--format", "markdown")
    assert r"$$h_t = o_t \odot \tanh(c_t)$$" in out
    assert "```mermaid\nflowchart BT\n" in out
    assert '  s3(["h_0[3], c_0[3]"]) --> c11t4' in out
    assert '  c11t0 --> e3(["h_n[3], c_n[3]"])' in out


def test_h_n_of_a_bidirectional_stack(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = explained(capsys, *STACK, "h_n")
    assert (status, err) == (0, "")
    assert out.startswith("h_n  (D*num_layers, N, H_out) = (4, 3, 20)\n")
    assert "output[-1, :, :20] equals h_n[2]" in out
    assert "output[0, :, 20:] equals h_n[3]" in out
    assert "✗  " not in out


def test_a_whole_step_without_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = explained(capsys, *STACK, "--layer", "1", "--time", "2")
    assert status == 0
    assert "Step by step  t=2, layer 1, forward" in out
    assert "x_t (3, 40) @ W_ii^T (40, 20) -> (3, 20)" in out


def test_a_layer_as_python_writes_it(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = explained(capsys, "nn.GRU(10, 20, batch_first=True)", "output")
    assert status == 0
    assert out.startswith("output  (N, L, D*H_out) = (3, 5, 20)")


def test_sizes_of_the_call(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = explained(capsys, "GRU", "10", "20", "input", "--batch", "7", "--seq-len", "2")
    assert "(2, 7, 10)" in out
    _, out, _ = explained(capsys, "GRU", "10", "20", "h_n", "--lengths", "2,5,3")
    assert "packed, lengths 2, 5, 3" in out


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_width_of_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    status, out, _ = explained(capsys, *STACK, "h_n")
    assert status == 0
    assert "h_n[2]  layer 1 forward" in out
    assert max(map(len, out.splitlines())) <= width


def test_json_and_files(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    status, out, _ = explained(capsys, *STACK, "h_n", "--format", "json")
    assert status == 0
    assert json.loads(out)["shape"] == [4, 3, 20]
    target = tmp_path / "h_n.md"
    status, out, _ = explained(capsys, *STACK, "h_n", "--output", str(target))
    assert (status, out) == (0, "")
    assert target.read_text().startswith("## `h_n` of")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["LSTM", "10", "20", "h_x"], "choose one of input, h_0, c_0, output, h_n, c_n"),
        (["GRU", "10", "20", "h_n", "--time", "5"], "5 time steps, from 0 to 4"),
        (["GRU", "10", "20", "--layer", "3"], "there is 1 layer, only 0"),
        (["GRU", "10", "20", "h_n", "c_n"], "one name at a time"),
        (["GRU", "10", "20", "h_n", "--format", "sarif"], "choose terminal, markdown, json"),
        (["GRU", "10"], "needs input_size and hidden_size"),
    ],
)
def test_mistakes_are_answered_in_one_sentence_without_torch(
    words: list[str], sentence: str
) -> None:
    command = [sys.executable, "-c", WITHOUT_TORCH, "explain", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("option", "words"),
    [([], "torch is not installed"), (["--no-run"], "only the arithmetic was asked for")],
)
def test_without_torch_the_arithmetic_is_told(option: list[str], words: str) -> None:
    command = [sys.executable, "-c", WITHOUT_TORCH, "explain", "GRU", "10", "20", "h_n", *option]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("h_n  (D*num_layers, N, H_out) = (1, 3, 20)")
    assert words in done.stdout
