"""The gates of whole models and of watched programs: each layer, on what it really was given."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

import rnnscope
from rnnscope.errors import CallError

NET = """
from torch import nn

class Net(nn.Module):
    def __init__(self, vocabulary=30, hidden=20):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, 12)
        self.encoder = nn.LSTM(12, hidden, bidirectional=True, batch_first=True)
        self.decoder = nn.GRUCell(2 * hidden, 8)

    def forward(self, tokens):
        output, _ = self.encoder(self.embedding(tokens))
        return self.decoder(output[:, -1])
"""


class Summing(nn.Module):
    """An encoder whose state a decoder takes over, and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.decoder = nn.GRU(4, 8), nn.GRU(4, 8)
        self.head = nn.Linear(8, 1)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        _, state = self.encoder(x)
        output, _ = self.decoder(y, state)
        scores: Tensor = self.head(output)
        return scores


def test_every_layer_of_a_model_is_told_on_what_the_model_gives_it() -> None:
    torch.manual_seed(0)
    model, x, y = Summing(), torch.randn(6, 3, 4), torch.randn(5, 3, 4)
    seen = rnnscope.gates(model, x, y)
    _, state = model.encoder(x)
    output, _ = model.decoder(y, state)
    assert [trace.name for trace in seen] == ["encoder layer 0 forward", "decoder layer 0 forward"]
    torch.testing.assert_close(seen["decoder layer 0 forward"].h, output)
    assert seen.agrees


def test_the_gradient_of_the_models_loss_is_that_of_autograd() -> None:
    torch.manual_seed(0)
    model, x, y = Summing(), torch.randn(6, 3, 4), torch.randn(5, 3, 4)
    seen = rnnscope.gates(model, x, y, loss=lambda scores: scores[-1].pow(2).sum())
    _, state = model.encoder(x)
    state.retain_grad()
    output, _ = model.decoder(y, state)
    model.head(output)[-1].pow(2).sum().backward()
    expected = state.grad
    assert expected is not None
    got = seen["encoder layer 0 forward"].gradient["h"][-1]
    torch.testing.assert_close(got, expected.norm())


def test_a_model_is_left_as_it_was() -> None:
    model, x, y = Summing(), torch.randn(6, 3, 4), torch.randn(5, 3, 4)
    before = torch.get_rng_state()
    rnnscope.gates(model, x, y, loss=lambda scores: scores.sum())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not model.encoder._forward_hooks
    assert torch.equal(before, torch.get_rng_state())


def test_a_packed_call_inside_a_model() -> None:
    class Packing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(4, 8)

        def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
            packed = pack_padded_sequence(x, lengths, enforce_sorted=False)
            h_n: Tensor = self.lstm(packed)[1][0]
            return h_n

    seen = rnnscope.gates(Packing(), torch.randn(6, 3, 4), torch.tensor([2, 6, 4]))
    forget = seen["lstm layer 0 forward"].forget
    assert forget[1, 0].isfinite().all()
    assert forget[2, 0].isnan().all()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: rnnscope.gates(Summing(), *(torch.zeros(2, 2, 4),) * 2, loss=len), "number"),
        (lambda: rnnscope.gates(nn.ModuleDict({"a": nn.GRU(2, 3)})), "forward"),
    ],
)
def test_refusals(call: Callable[[], object], words: str) -> None:
    with pytest.raises((CallError, NotImplementedError), match=words):
        call()


def inspect(*words: str, at: Path) -> subprocess.CompletedProcess[str]:
    (at / "net.py").write_text(NET)
    command = [sys.executable, "-m", "rnnscope", "inspect", "net.py:Net", *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=at)


def test_command_runs_a_class_on_random_inputs(tmp_path: Path) -> None:
    done = inspect("--input", "3,7:int64", at=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "(3, 7, 12)  (3, 7, 40)" in done.stdout
    done = inspect("--input", "3,7:int64", "--gates", at=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "decoder layer 0 forward" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--gates"], "give the shape of its input, --input 3,5,10"),
        (["--input", "3,x"], "'3,x' is no shape: write sizes, ? for any"),
        (["--input", "3,7:string"], "'3,7:string' is no shape: write sizes"),
    ],
)
def test_command_refuses_in_one_sentence(words: list[str], sentence: str, tmp_path: Path) -> None:
    done = inspect(*words, at=tmp_path)
    assert done.returncode == 2
    assert sentence in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr


TRAIN = """
import torch
from torch import nn
torch.manual_seed(0)
lstm, head = nn.LSTM(4, 8, batch_first=True), nn.Linear(8, 1)
optimizer = torch.optim.SGD([*lstm.parameters(), *head.parameters()], lr={lr})
for step in range(8):
    x = torch.randn(6, 9, 4)
    output, _ = lstm(x)
    loss = nn.functional.mse_loss(head(output[:, -1]), x.sum((1, 2))[:, None])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss.item(), torch.rand(1).item())
"""


def run(program: str, *words: str, at: Path) -> subprocess.CompletedProcess[str]:
    (at / "train.py").write_text(program)
    command = [sys.executable, *words, "train.py"]
    return subprocess.run(command, capture_output=True, text=True, cwd=at)


def test_a_watched_program_tells_its_gates_and_is_left_as_it_is(tmp_path: Path) -> None:
    program = TRAIN.format(lr=0.1)
    plain = run(program, at=tmp_path)
    done = run(program, "-m", "rnnscope", "run", "--gates", at=tmp_path)
    assert done.returncode == 0
    assert done.stdout == plain.stdout
    assert "LSTM at train.py:9 layer 0 forward" in done.stderr
    assert "memory" in done.stderr


def test_what_is_no_number_in_any_step_is_found(tmp_path: Path) -> None:
    done = run(TRAIN.format(lr=1e30), "-m", "rnnscope", "run", "--gates", at=tmp_path)
    assert done.stderr.count("warning[RNN664]") == 1
    assert "train.py:9" in done.stderr


def test_a_watch_keeps_the_gates_of_its_last_step() -> None:
    gru = nn.GRU(4, 8)
    with rnnscope.watch(gates=True) as seen:
        output, _ = gru(torch.randn(5, 3, 4))
        output.sum().backward()
    assert seen.gates is not None
    torch.testing.assert_close(next(iter(seen.gates)).h, output.detach())


def test_a_watch_that_is_not_asked_runs_no_layer_again() -> None:
    with rnnscope.watch() as seen:
        nn.GRU(4, 8)(torch.randn(5, 3, 4))[0].sum().backward()
    assert seen.gates is None
