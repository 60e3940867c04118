"""A watched program is left exactly as it is: each of transparency/*.py, by python and watched.

Those of ``TOGETHER`` share a process, once by ``python``, once by ``rnnscope run``, and once each
under ``watch()``; those of ``ALONE`` have something to do with how a process ends. Any of them can
be run by hand. ``pending`` marks what is known to differ.
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
    pending: bool = False
    options: tuple[str, ...] = ()  # of python
    needs: str | None = None  # a command without which it cannot run


TOGETHER = (
    Row("training"),
    Row("autograd"),
    Row("copies"),
    Row("random_streams"),
    Row("compile_model", pending=True),
    Row("compile_step", pending=True),
    Row("compile_before", pending=True),
    Row("compile_inductor", needs="g++"),
    Row("after_watch", pending=True),
    Row("export_strict", pending=True),
    Row("export_loose"),
    Row("fx", pending=True),
    Row("jit", pending=True),
    Row("make_fx", pending=True),
    Row("parametrized", pending=True),
    Row("memory_models", pending=True),
    Row("memory_batches", pending=True),
    Row("forward_once", pending=True),
    Row("own_generators", pending=True),
    Row("function_mode", pending=True),
    Row("odd_loaders", pending=True),
    Row("odd_attributes", pending=True),
    Row("transforms", pending=True),
    Row("threads", pending=True),
    Row("patched_forward", pending=True),
    Row("expected_errors", pending=True),
    Row("stale_gradients", pending=True),
    Row("vmap_refused", pending=True),
    Row("nested", pending=True),
    Row("tensor_subclass", pending=True),
    Row("dispatched", pending=True),
    Row("tracebacks", pending=True),
    Row("warned", pending=True),
)
ALONE = (
    Row("pools"),
    Row("forked"),
    Row("forward_exits", pending=True),
    Row("uncaught", pending=True),
    Row("excepthook"),
    Row("interrupted"),
    Row("recursion"),
    Row("strict", pending=True, options=("-W", "error")),
)


@cache
def records(pending: bool) -> dict[str, dict[str, Any]]:
    """What each program left behind, by the way in which it was run."""
    names = [row.name for row in TOGETHER if row.pending == pending and can_run(row)]
    folders = {way: Path(mkdtemp()) for way in ("plain", "run", "watch")}
    report = folders["run"] / "report"
    run = ["-m", "rnnscope", "run", "--format", "json", "--output", str(report)]
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


def parameters(rows: tuple[Row, ...]) -> list[Any]:
    known = pytest.mark.xfail(strict=False, reason="known to differ")
    return [
        pytest.param(row, id=" ".join((row.name, *row.options)), marks=known if row.pending else ())
        for row in rows
    ]


@pytest.mark.parametrize("row", parameters(TOGETHER))
@pytest.mark.parametrize("way", ["run", "watch"])
def test_a_program_is_left_as_it_is(row: Row, way: str) -> None:
    if not can_run(row):
        pytest.skip(f"needs {row.needs}")
    left = records(row.pending)
    assert left[way][row.name] == {**left["plain"][row.name], "findings": []}


@pytest.mark.parametrize("row", parameters(ALONE))
def test_a_program_ends_as_it_does(row: Row) -> None:
    script = str(PROGRAMS / f"{row.name}.py")
    plain = python([*row.options, script])
    watched = python([*row.options, "-m", "rnnscope", "run", script])
    assert finished(watched) == finished(plain)


def test_every_program_has_its_row() -> None:
    files = {path.stem for path in PROGRAMS.glob("*.py")} - {"together"}
    assert {row.name for row in TOGETHER + ALONE} == files


def test_these_tests_can_fail() -> None:
    plain = records(False)["plain"] | records(True)["plain"]
    assert plain["training"]["random"] != plain["random_streams"]["random"]
    assert plain["training"]["tensors"] != plain["copies"]["tensors"]
    assert "of my own" in plain["warned"]["printed"]
    assert plain["forward_once"]["late"].startswith("([0, 1, 2, 3], ")
    assert "Batching rule not implemented" in plain["vmap_refused"]["exception"]
