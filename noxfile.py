"""What CI runs, session by session: ``nox -l`` lists them, ``nox -s lint types`` runs two.

Everything is installed with the versions of constraints.txt, except in the sessions that are named
after the versions that they install.
"""

from __future__ import annotations

import re
from pathlib import Path

import nox

PINNED = ("-c", "constraints.txt")
SUITE = ("python", "-m", "pytest")

nox.needs_version = ">=2024.4.15"
nox.options.sessions = ["lint", "types", "tests"]
nox.options.error_on_missing_interpreters = False


@nox.session(python=["3.10", "3.11", "3.12", "3.13"])
def tests(session: nox.Session) -> None:
    """The whole suite; arguments after -- are pytest's."""
    session.install(*PINNED, ".[test]")
    session.run(*SUITE, *session.posargs)


@nox.session(python="3.10")
def oldest(session: nox.Session) -> None:
    """The whole suite with every dependency at the lower bound of pyproject.toml."""
    project = nox.project.load_toml("pyproject.toml")["project"]
    lowest = [re.sub(r">=([\d.]+)", r"==\1.*", line) for line in project["dependencies"]]
    # typer of that time uses what click 8.3 deprecates.
    session.install(".[test]", *lowest, "numpy", "click<8.3")
    session.run(*SUITE, *session.posargs)


@nox.session(python="3.13")
def newest(session: nox.Session) -> None:
    """The whole suite with the newest of everything."""
    session.install("--upgrade", ".[test]", "numpy")
    session.run(*SUITE, *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """Which branches the suite takes, in every process; pyproject.toml holds the floor."""
    session.install(*PINNED, ".[test]", "coverage>=7.10", "numpy")
    data = Path(session.create_tmp(), "coverage").absolute()
    session.env["COVERAGE_FILE"] = str(data)
    session.run("coverage", "erase")
    # Tracing takes frames of its own, which a program that counts its recursion sees, and a child
    # that is forked writes a file of its own.
    apart = (
        "--deselect=tests/test_transparency.py::test_a_program_ends_as_it_does[recursion]",
        "--deselect=tests/test_running.py::test_a_script_runs_as_python_runs_it[forks]",
    )
    session.run("coverage", "run", "-m", "pytest", *apart, *session.posargs)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session
def mutation(session: nox.Session) -> None:
    """Changes to the modules that decide, each of which a test should notice.

    ``nox -s mutation -- "rnnscope.questions*"`` tries some of them: all of them take hours.
    """
    session.install(*PINNED, ".[test]", "mutmut>=3.8", "numpy")
    session.run("mutmut", "run", *session.posargs)
    session.run("mutmut", "results")


@nox.session
def lint(session: nox.Session) -> None:
    """ruff: format and rules."""
    session.install(*PINNED, "ruff")
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """mypy, strict."""
    session.install(*PINNED, ".[dev]")
    session.run("mypy")


@nox.session
def docs(session: nox.Session) -> None:
    """What the documentation shows runs, links lead somewhere, and it becomes build/site."""
    session.install(*PINNED, ".[docs,test]")
    session.run(
        "python",
        "-m",
        "pytest",
        "tests/test_docs.py",
        "tests/test_site.py",
        "tests/test_schema.py",
        "tests/test_examples.py",
    )
    session.run("python", "-m", "mkdocs", "build", "-f", "docs/site/mkdocs.yml")


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Every ratio of docs/benchmarks.md, on an idle machine."""
    session.install(*PINNED, ".[benchmark]")
    session.run("python", "-m", "benchmarks.run", *session.posargs)


@nox.session
def build(session: nox.Session) -> None:
    """The sdist and, from it, the wheel."""
    session.install("build")
    session.run("python", "-m", "build", *session.posargs)
