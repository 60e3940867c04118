"""A watched program is left exactly as it is: each of transparency/*.py, by python and watched.

Those of ``TOGETHER`` share a process, once by ``python``, once by ``rnnscope run``, and once each
under ``watch()``; those of ``ALONE`` have something to do with how a process ends. Any of them can
be run by hand.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

PROGRAMS = Path(__file__).with_name("transparency")
PATIENCE = 300  # seconds, after which a program hangs


@dataclass(frozen=True)
class Row:
    """One program; what it is about stands in the first line of its file."""

    name: str
    options: tuple[str, ...] = ()  # of python
    findings: tuple[str, ...] = ()  # that are true: what torch itself warns of
    needs: str | None = None  # a command without which it cannot run


TOGETHER = (
    Row("training"),
    Row("closures"),
    Row("manual_descent"),
    Row("autograd"),
    Row("copies"),
    Row("random_streams"),
    Row("compile_model"),
    Row("compile_step", findings=("RNN151",)),
    Row("compile_before"),
    Row("compile_inductor", needs="g++"),
    Row("after_watch"),
    Row("export_strict"),
    Row("export_loose", findings=("RNN152",)),
    Row("fx"),
    Row("jit", findings=("RNN151", "RNN143", "RNN151", "RNN151")),
    Row("make_fx"),
    Row("parametrized", findings=("RNN151",)),
    Row("memory_models"),
    Row("memory_batches"),
    Row("forward_once"),
    Row("own_generators"),
    Row("function_mode"),
    Row("odd_loaders"),
    Row("odd_attributes"),
    Row("transforms"),
    Row("threads"),
    Row("patched_forward"),
    Row("expected_errors"),
    Row("stale_gradients"),
    Row("vmap_refused"),
    Row("nested"),
    Row("tensor_subclass"),
    Row("dispatched"),
    Row("tracebacks"),
    Row("warned", findings=("RNN413", "RNN753", "RNN354")),
)
ALONE = (
    Row("pools"),
    Row("forked"),
    Row("forward_exits"),
    Row("uncaught"),
    Row("excepthook"),
    Row("interrupted"),
    Row("recursion"),
    # Without NumPy, which nothing of this needs, torch's own import warns.
    Row("strict", options=("-W", "error", "-W", "ignore:Failed to initialize NumPy")),
    Row("import_fails"),
)


@cache
def records() -> dict[str, dict[str, Any]]:
    """What each program left behind, by the way in which it was run."""
    names = [row.name for row in TOGETHER if can_run(row)]
    folders = {way: Path(mkdtemp()) for way in ("plain", "run", "watch")}
    report = folders["run"] / "report"
    run = ["-m", "rnnscope", "run", "-q", "--format", "json", "--output", str(report)]
    started = {
        way: python([*(run if way == "run" else []), *together(folder, way, names)])
        for way, folder in folders.items()
    }
    for process in started.values():
        finished(process)
    left = {way: {n: read(folder / f"{n}.json") for n in names} for way, folder in folders.items()}
    found = json.loads(report.read_text())["findings"] if report.exists() else []
    for name, record in left["run"].items():
        record["findings"] = [f["code"] for f in found if f"{name}.py" in str(f["location"])]
    for folder in folders.values():
        shutil.rmtree(folder)
    return left


def together(folder: Path, way: str, names: list[str]) -> list[str]:
    mode = "watch" if way == "watch" else "plain"
    return [str(PROGRAMS / "together.py"), str(folder), mode, *names]


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text()) if path.exists() else {"exception": "did not end"}


def can_run(row: Row) -> bool:
    return row.needs is None or shutil.which(row.needs) is not None


def python(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finished(process: subprocess.Popen[str]) -> tuple[int | str, str, str]:
    """Exit status, standard output and standard error."""
    try:
        output, error = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        return "hangs", *process.communicate()
    return process.returncode, output, error


@pytest.mark.parametrize("row", TOGETHER, ids=lambda row: row.name)
@pytest.mark.parametrize("way", ["run", "watch"])
def test_a_program_is_left_as_it_is(row: Row, way: str) -> None:
    if not can_run(row):
        pytest.skip(f"needs {row.needs}")
    left = records()
    assert left[way][row.name] == {
        **left["plain"][row.name],
        "findings": list(row.findings),
    }


@pytest.mark.parametrize("row", ALONE, ids=lambda row: row.name)
def test_a_program_ends_as_it_does(row: Row) -> None:
    script = str(PROGRAMS / f"{row.name}.py")
    plain = python([*row.options, script])
    watched = python([*row.options, "-m", "rnnscope", "run", "-q", script])
    assert finished(watched) == finished(plain)


def test_every_program_has_its_row() -> None:
    files = {path.stem for path in PROGRAMS.glob("*.py")} - {"together"}
    assert {row.name for row in TOGETHER + ALONE} == files


def test_these_tests_can_fail() -> None:
    plain = records()["plain"]
    assert plain["training"]["random"] != plain["random_streams"]["random"]
    assert plain["training"]["tensors"] != plain["copies"]["tensors"]
    assert "of my own" in plain["warned"]["printed"]
    assert plain["forward_once"]["late"].startswith("([0, 1, 2, 3], ")
    assert "Batching rule not implemented" in plain["vmap_refused"]["exception"]
