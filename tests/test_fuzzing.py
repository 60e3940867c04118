"""The fuzzer finds what is wrong, makes it small, says how to see it again, and can be stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
import torch
from conftest import at_least
from hypothesis import given
from hypothesis import strategies as st

from rnnscope import facts, prediction
from rnnscope.call import Call
from rnnscope.cells import KINDS
from rnnscope.cli import run
from rnnscope.config import RNNConfig
from rnnscope.fuzzing import Case, Coverage, Space, fuzz, verdict
from rnnscope.fuzzing.cases import CODE_BYTES, decode
from rnnscope.fuzzing.processes import fuzz_in_processes

codes = st.binary(min_size=CODE_BYTES, max_size=CODE_BYTES)


# --- cases -----------------------------------------------------------------------------------


@at_least(200)
@given(codes)
def test_every_code_is_a_case_that_its_own_words_give_back(code: bytes) -> None:
    case = decode(code, Space())
    names = {"Case": Case, "Call": Call, "RNNConfig": RNNConfig}
    assert eval(str(case), names) == case
    assert compile(case.python, "case", "exec")
    assert case.command.startswith(f"rnnscope inspect {case.config.kind} ")


def test_byte_zero_is_always_the_simplest_choice() -> None:
    case = decode(bytes(CODE_BYTES), Space())
    assert str(case.config) == "RNN(1, 1)"
    assert case.call == Call(batch=1, seq_len=1)
    assert case.seed == 0


@at_least(25)
@given(codes)
def test_the_command_of_a_case_shows_that_case(code: bytes) -> None:
    case = decode(code, Space(dtypes=("float64",)))
    words = case.command.split()[1:]
    out = StringIO()
    with redirect_stdout(out):
        assert run([*words, "--no-run", "--format", "json"]) == 0
    shown = json.loads(out.getvalue())
    predicted = prediction.predict(case.config, case.call)
    assert [t["shape"] for t in shown["tensors"]] == [list(t.shape) for t in predicted.tensors]
    assert [p["shape"] for p in shown["parameters"]] == [
        list(p.shape) for p in predicted.parameters
    ]


def test_the_python_of_a_case_checks_it() -> None:
    case = Case(RNNConfig("GRU", 2, 3), Call(lengths=(1, 2), seq_len=2, states_given=True), 5)
    shown = subprocess.run([sys.executable, "-c", case.python], capture_output=True, text=True)
    assert (shown.returncode, shown.stdout) == (0, "\n")


# --- what is wrong is found ------------------------------------------------------------------


def test_right_cases_have_no_disagreement() -> None:
    outcome = fuzz(examples=100)
    assert outcome.failing is None
    assert outcome.coverage.examples == 100
    assert not outcome.interrupted


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "complex64", "complex128"])
def test_other_dtypes_agree_as_far_as_they_can(dtype: str) -> None:
    outcome = fuzz(Space(dtypes=(dtype,)), examples=60)
    assert outcome.failing is None


def test_a_wrong_prediction_is_found_and_shrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    right = prediction.predict

    def wrong(config: RNNConfig, call: Call) -> facts.LayerFacts:
        predicted = right(config, call)
        if config.num_layers == 1 or not config.bidirectional:
            return predicted
        return replace(predicted, parameters=predicted.parameters[1:])

    monkeypatch.setattr(verdict, "predict", wrong)
    outcome = fuzz(examples=500)
    assert outcome.failing is not None
    assert str(outcome.failing.case.config) == "RNN(1, 1, num_layers=2, bidirectional=True)"
    assert outcome.failing.case.call == Call(batch=1, seq_len=1)
    assert "weight_ih_l0" in outcome.failing.reasons[0]
    assert outcome.coverage.examples < 500


def test_a_wrong_reference_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from rnnscope.reference.layer import Layer

    right = Layer.__call__

    def wrong(self: Layer, input: Any, hx: Any = None) -> Any:
        result = right(self, input, hx)
        return result * 1.01 if isinstance(result, torch.Tensor) else result

    monkeypatch.setattr(Layer, "__call__", wrong)
    outcome = fuzz(Space(kinds=("GRUCell",)), examples=200)
    assert outcome.failing is not None
    assert outcome.failing.case.config.kind == "GRUCell"
    assert outcome.failing.reasons[0].startswith("reference: max |difference|")


def test_a_rule_that_faults_a_right_call_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from rnnscope.findings import Finding, Severity

    finding = Finding("RNN299", "false-alarm", Severity.WARNING, "nothing is wrong")
    monkeypatch.setattr(verdict, "examine", lambda subject: [finding])
    outcome = fuzz(examples=20)
    assert outcome.failing is not None
    assert "RNN299" in outcome.failing.reasons[0]


def test_a_failure_that_does_not_come_back_is_still_a_failure() -> None:
    seen = []

    def moody(case: Case) -> tuple[str, ...]:
        seen.append(case)
        return ("it rains",) if len(seen) == 30 else ()

    outcome = fuzz(examples=100, check=moody)
    assert outcome.failing is not None
    assert outcome.failing.reasons[0] == "it rains"


# --- the same seed, the same cases -----------------------------------------------------------


def drawn(seed: int) -> list[Case]:
    seen: list[Case] = []

    def note(case: Case) -> tuple[str, ...]:
        seen.append(case)
        return ()

    fuzz(examples=60, random_seed=seed, check=note)
    return seen


def test_the_same_seed_draws_the_same_cases() -> None:
    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_the_number_of_threads_is_as_before() -> None:
    before = torch.get_num_threads()
    fuzz(examples=20, check=lambda case: ())
    assert torch.get_num_threads() == before


# --- coverage, Ctrl-C, processes -------------------------------------------------------------


def test_coverage_counts_every_case_once_in_each_topic() -> None:
    coverage = Coverage()
    cases = drawn(3)
    for case in cases:
        coverage.add(case)
    totals: dict[str, int] = {}
    for topic, _, counts in coverage.rows():
        assert len(counts) == len(KINDS)
        totals[topic] = totals.get(topic, 0) + sum(counts)
    stacks = sum(not case.config.single_step for case in cases)
    assert totals.pop("all") == totals.pop("layout") == totals.pop("dtype") == len(cases)
    assert totals.pop("states") == totals.pop("bias") == len(cases)
    assert set(totals.values()) == {stacks}


def test_an_interrupt_keeps_what_was_covered() -> None:
    def interrupted(case: Case) -> tuple[str, ...]:
        if len(seen) == 30:
            raise KeyboardInterrupt
        seen.append(case)
        return ()

    seen: list[Case] = []
    outcome = fuzz(examples=1000, check=interrupted)
    assert outcome.interrupted
    assert outcome.coverage.examples == 31


def test_several_processes_share_the_cases() -> None:
    heard: list[int] = []
    outcome = fuzz_in_processes(
        Space(kinds=("GRUCell",)),
        examples=80,
        random_seed=0,
        jobs=2,
        listener=lambda coverage: heard.append(coverage.examples),
    )
    assert outcome.coverage.examples == 80
    assert outcome.failing is None
    assert heard[-1] == 80
    assert heard == sorted(heard)


# --- the command -----------------------------------------------------------------------------


def command(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rnnscope", "fuzz", *words],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "100"},
        **options,
    )


def test_the_command_prints_a_table_and_nothing_on_standard_error() -> None:
    done = command("--examples", "40", "--kind", "lstm", "--dtype", "float64")
    assert (done.returncode, done.stderr) == (0, "")
    assert "RNN  LSTM  GRU  RNNCell  LSTMCell  GRUCell" in done.stdout
    assert "40 cases in" in done.stdout
    assert "agree on all of them" in done.stdout


def test_the_command_prints_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fuzz", "--examples", "20", "--format", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["schema"] == "rnnscope/1"
    assert shown["fuzz"]["checked"] == 20
    assert shown["fuzz"]["failing"] is None


def test_a_failing_case_is_printed_as_a_command_and_as_python(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    right = prediction.predict
    monkeypatch.setattr(
        verdict, "predict", lambda config, call: replace(right(config, call), tensors=())
    )
    assert run(["fuzz", "--examples", "20"]) == 1
    shown = capsys.readouterr().out
    assert "rnnscope inspect RNN 1 1 --batch 1 --seq-len 1\n" in shown
    assert 'case = Case(RNNConfig.parse("RNN(1, 1)"), Call(batch=1, seq_len=1), seed=0)' in shown


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--kind", "tree"], "kind='tree' is not possible: choose RNN, LSTM"),
        (["--dtype", "int8"], "dtype='int8' is not possible: choose float16"),
        (["--profile", "slow"], "profile='slow' is not possible: choose quick or thorough"),
        (["--format", "svg"], "there is no format 'svg': choose terminal, json"),
        (["--examples", "0"], "Invalid value for '--examples'"),
        (["--jobs", "0"], "Invalid value for '--jobs'"),
        (["--device", "abacus"], "device='abacus' is not possible"),
    ],
)
def test_bad_options_end_with_one_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["fuzz", *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert sentence in captured.err
    assert len(captured.err.strip().splitlines()) == 1


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_shows_the_table_so_far(jobs: str) -> None:
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "rnnscope", "fuzz", "--examples", "1000000", "--jobs", jobs],
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
        start_new_session=True,
        # Where the tests run in the background, Ctrl-C is ignored, and processes inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(theirs)
    shown = b""
    while b" combinations" not in shown:  # the bar counts: cases have been checked
        shown += os.read(ours, 1024)
    os.killpg(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    os.close(ours)
    assert process.returncode == 130
    assert b"cases/s" in shown
    assert b"Traceback" not in shown
    assert "stopped before all 1,000,000" in out
    assert "float32" in out
