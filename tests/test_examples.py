"""The examples: each is run as a reader would run it, and what it claims is held against it."""

from __future__ import annotations

import re
import runpy
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from rnnscope.measuring.randomness import preserved_randomness

EXAMPLES = Path(__file__).parent.parent / "examples"
ALL = sorted(path.name for path in EXAMPLES.glob("*.py"))


Printed = Callable[..., str]


@pytest.fixture
def printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Printed]:
    """Run an example as a program and return what it prints, threads and random stream restored."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    monkeypatch.setenv("PYTHONPATH", str(EXAMPLES.parent))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the layers are tiny, and the machines are shared

    def run(name: str, *arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", [name, *arguments])
        with preserved_randomness(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's advice on its own backends
            runpy.run_path(str(EXAMPLES / name), run_name="__main__")
        return capsys.readouterr().out

    yield run
    torch.set_num_threads(threads)


@pytest.mark.parametrize("name", ALL)
def test_an_example_is_short(name: str) -> None:
    assert len((EXAMPLES / name).read_text(encoding="utf-8").splitlines()) < 100


def test_parameters(printed: Printed) -> None:
    text = printed("parameters.py")
    for line in (
        "weight_ih_l0  (80, 10)",
        "weight_hh_l0  (80, 20)",
        "bias_ih_l0    (80,)",
        "weight_ih_l1  (80, 20)",
        "output (5, 3, 20) h_n (2, 3, 20) c_n (2, 3, 20)",
        "LSTM weight_ih_l0 has 80 rows = 4 * 20: i f g o",
        "GRU  weight_ih_l0 has 60 rows = 3 * 20: r z n",
        "RNN  weight_ih_l0 has 20 rows = 1 * 20: h",
    ):
        assert line in text


def test_gates(printed: Printed) -> None:
    text = printed("gates.py")
    assert "findings: ['RNN661']" in text
    assert "findings: []" in text
    assert "✓ recomputed openly, it agrees with the real layer" in text


def test_layouts(printed: Printed) -> None:
    text = " ".join(printed("layouts.py").split())
    for line in (
        "plain (5, 3, 10) (5, 3, 20) (2, 3, 20) (2, 3, 20)",
        "batch_first (3, 5, 10) (3, 5, 20) (2, 3, 20) (2, 3, 20)",
        "bidirectional (5, 3, 10) (5, 3, 40) (4, 3, 20) (4, 3, 20)",
        "proj_size=7 (5, 3, 10) (5, 3, 7) (2, 3, 7) (2, 3, 20)",
        "conv (3, 10, 5) -> LSTM (3, 5, 20)",
        "findings: 0",
    ):
        assert line in text


def test_any_rnn(printed: Printed) -> None:
    text = printed("any_rnn.py")
    for kind, count in (("RNN", 1480), ("LSTM", 5920), ("GRU", 4440)):
        assert f"{kind:4} scores (3, 5, 4) {count} parameters" in text
    assert text.count("h_n (2, 3, 20)") == 3
    assert text.count("c_n (2, 3, 20)") == 1


def test_char_rnn_continues_the_sentence(printed: Printed) -> None:
    text = printed("char_rnn.py")
    sentence = "Knowing is not enough; we must apply. Willing is not enough; we must do"
    assert sentence[5:] in text
    assert "findings: 0" in text


def test_char_lstm_knows_the_stanza(printed: Printed) -> None:
    text = printed("char_lstm.py")
    share = re.search(r"([\d.]+)% of (\d+) characters are right", text)
    assert share is not None
    assert float(share.group(1)) >= 95
    assert "What so proudly we hailed at the twilight's last gleaming" in text


@pytest.mark.parametrize("choice", ["torch", "reference", "scratch"])
def test_tagger(choice: str, printed: Printed) -> None:
    lines = printed("tagger.py", choice).splitlines()
    assert lines == [f"{choice}: loss {LOSS}", "The dog ate the apple", "0 1 2 0 1"]


# The three start from the same weights and stay together over 600 steps.
LOSS = "0.0247"


def test_scratch_lstm_is_verified(printed: Printed) -> None:
    text = printed("scratch_lstm.py")
    assert text.startswith("same function: ScratchLSTM is LSTM(10, 20, num_layers=2)")
    gap = re.search(r"after from_torch: (.+)", text)
    assert gap is not None
    assert float(gap.group(1)) < 1e-6


def test_scratch_mistakes_are_found(printed: Printed) -> None:
    text = printed("scratch_mistakes.py")
    one, broadcast, growing = re.split(
        r"^(?=BroadcastState: d|GrowingOutputs: d)", text, flags=re.M
    )
    assert "RNN804 layer-state" in one
    assert "RNN808 documented-shape" in one
    assert "one slot for each layer" in one
    assert "RNN805 state-broadcast" in broadcast
    assert "(2, 5, 13)" in broadcast
    assert "RNN809 call-remembered" in growing
    assert "self.outputs grew" in growing


def test_variable_lengths(printed: Printed) -> None:
    text = printed("variable_lengths.py")
    for line in (
        "findings: 0",
        "real steps 10 of 15",
        "batch_sizes [3, 3, 2, 1, 1] sorted_indices [1, 2, 0]",
        "last real step is h_n: True",
        "and that of each sequence alone: True",
        "output[:, -1], packed: wrong for sequences [0, 2]",
        "output[:, -1], padded: wrong for sequences [0, 2]",
    ):
        assert line in text


def test_property_test(printed: Printed) -> None:
    assert "holds for 40 configurations" in printed("property_test.py")


def test_debugging_session(printed: Printed) -> None:
    first, _, last = re.split(r"(?=[23]\. )", printed("debugging_session.py"))
    assert "train.py:14:21: RNN301" in first
    assert "(exit status 1)" in first
    assert "RNN" not in last.replace("rnnscope", "")
    assert "(exit status 0)" in last
    before, after = (float(re.findall(r"accuracy ([\d.]+)", part)[0]) for part in (first, last))
    assert before < 0.85 < 0.97 < after
