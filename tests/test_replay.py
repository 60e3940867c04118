"""A tape, run again unchanged, is the step that was recorded, and the program does not notice."""

from __future__ import annotations

import contextlib
import random
import runpy
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from asking import steps
from idioms import IDIOMS
from torch import nn

from rnnscope.experiments.budget import Budget
from rnnscope.experiments.faithful import is_faithful
from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.replay import quietly, replay
from rnnscope.measuring.randomness import preserved_randomness
from rnnscope.recording.tape import Tape

HERE = Path(__file__).parent
SCRIPTS = [
    *sorted(HERE.glob("corpus/*/fixed.py")),
    *sorted((HERE.parent / "examples").glob("*.py")),
]
# They call the command line, the test runner, or compare layers without training any.
TRAINING = [path for path in SCRIPTS if "backward()" in path.read_text(encoding="utf-8")]


@contextlib.contextmanager
def alone(script: Path | None = None) -> Iterator[None]:
    """Seeded, silent, with the command line and the random streams of a program of its own."""
    state, argv, path = random.getstate(), sys.argv, list(sys.path)
    with preserved_randomness(), warnings.catch_warnings(), contextlib.redirect_stdout(None):
        warnings.simplefilter("ignore")
        torch.manual_seed(0)
        random.seed(0)
        if script is not None:
            sys.argv = [str(script)]
            sys.path.insert(0, str(script.parent))
        try:
            yield
        finally:
            random.setstate(state)
            sys.argv, sys.path[:] = argv, path


def again(tape: Tape) -> torch.Tensor:
    """The loss of a replay with autograd on, as it was: without it torch rounds otherwise."""
    assert tape.loss is not None
    with quietly(), torch.enable_grad():
        found = replay(tape, {}, faithful=True).value(tape.loss)
    assert found is not None
    return found


def test_every_recorded_step_can_be_run_again(capsys: pytest.CaptureFixture[str]) -> None:
    equal: list[bool] = []
    program = ""
    unfaithful: list[str] = []

    def look(tape: Tape) -> None:
        if tape.loss is None:
            return
        if not is_faithful(tape):
            unfaithful.append(program)
        recorded = tape.values[tape.loss or 0]
        equal.append(recorded is not None and torch.equal(again(tape), recorded))

    for idiom in IDIOMS:
        program = idiom.__name__
        with alone(), steps(look):
            idiom()
    for script in TRAINING:
        program = str(script.relative_to(HERE.parent))
        with alone(script), steps(look):
            runpy.run_path(str(script), run_name="__main__")
    with capsys.disabled():
        print(f"\n{len(equal)} steps were run again, {sum(equal)} of them equal bit for bit")
    assert unfaithful == []
    assert len(equal) >= 200
    assert sum(equal) >= 0.98 * len(equal)


class Restless(nn.Module):
    """Draws, keeps statistics, writes in place, and fills its own parameters by way of views."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(8, 4, padding_idx=0)
        self.norm = nn.BatchNorm1d(4)
        self.gru = nn.GRU(4, 4, num_layers=2, dropout=0.5, batch_first=True)
        self.gru.bias_hh_l0.data[:4].fill_(1.0)
        for name, weight in self.gru.named_parameters():
            if "weight" in name:
                weight.data.uniform_(-0.5, 0.5)
        self.generator = torch.Generator().manual_seed(3)
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        x = self.norm(self.words(words).transpose(1, 2)).transpose(1, 2)
        x = x * torch.empty(x.shape).bernoulli_(0.9, generator=self.generator)
        output = self.gru(F.dropout(x, 0.1))[0]
        output[:, 0] = 0.0
        scores: torch.Tensor = output.mean(1) @ self.words.weight[1:].t()
        return scores


@pytest.fixture
def restless() -> Iterator[tuple[Restless, Tape]]:
    """A model, and the tape of its first step, its making included, right before ``backward``."""
    found: list[tuple[Restless, Tape]] = []
    with alone():
        with steps(lambda tape: found.append((model, tape))):
            model, words = Restless(), torch.randint(0, 8, (6, 5))
            F.cross_entropy(model(words), torch.randint(0, 7, (6,))).backward()
        yield found[0]


def held(model: Restless) -> list[object]:
    """Where each tensor of a model lies, how often it was written to, and what it holds."""
    tensors = (*model.parameters(), *model.buffers())
    return [(t.data_ptr(), t._version, t.grad is None, t.tolist()) for t in tensors]


def values(tape: Tape) -> list[object]:
    kept = [value for value in tape.values if value is not None]
    return [(id(value), value._version, value.tolist()) for value in kept]


def once_more(tape: Tape) -> None:
    assert is_faithful(tape)


def from_the_start(tape: Tape) -> None:
    assert again(tape).numel() == 1


def with_a_word_changed(tape: Tape) -> None:
    laboratory = Laboratory(tape, Budget())
    slot = next(c.inputs[0] for c in tape.calls if c.name == "embedding")
    assert laboratory.with_slice_changed(slot, 0, 0) is not None


EXPERIMENTS = [once_more, from_the_start, with_a_word_changed]


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_the_program_does_not_notice_an_experiment(
    restless: tuple[Restless, Tape], experiment: Callable[[Tape], None]
) -> None:
    model, tape = restless
    before = held(model), values(tape), torch.get_rng_state().tolist()
    own = model.generator.get_state()
    for _ in range(2):
        experiment(tape)
    assert (held(model), values(tape), torch.get_rng_state().tolist()) == before
    assert torch.equal(model.generator.get_state(), own)
    assert torch.is_grad_enabled()
    assert model.training


def test_backward_of_a_step_that_was_experimented_on() -> None:
    """What autograd has saved was not written to, though the embedding's weights are used twice."""

    def all_of_them(tape: Tape) -> None:
        for experiment in EXPERIMENTS:
            experiment(tape)

    with alone(), steps(all_of_them):
        model = Restless()
        F.cross_entropy(model(torch.randint(0, 8, (6, 5))), torch.randint(0, 7, (6,))).backward()
    assert all(weight.grad is not None for weight in model.parameters())


def test_a_tape_that_lost_a_call_is_not_faithful(restless: tuple[Restless, Tape]) -> None:
    assert not is_faithful(replace(restless[1], lost=("somebody's kernel",)))
