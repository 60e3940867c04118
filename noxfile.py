"""What CI runs, session by session: ``nox -l`` lists them, ``nox -s lint types`` runs two.

Everything is installed with the versions of constraints.txt, except in ``oldest``.
"""

from __future__ import annotations

from pathlib import Path

import nox

PINNED = ("-c", "constraints.txt")
OLDEST_TORCH = "2.2"  # the bound of pyproject.toml

nox.needs_version = ">=2024.4.15"
nox.options.sessions = ["lint", "types", "tests"]
nox.options.error_on_missing_interpreters = False


@nox.session(python=["3.10", "3.11", "3.12", "3.13"])
def tests(session: nox.Session) -> None:
    """The whole suite; arguments after -- are pytest's."""
    session.install(*PINNED, ".[test]")
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session(python="3.10")
def oldest(session: nox.Session) -> None:
    """The whole suite with the oldest torch that is allowed."""
    pinned = Path(session.create_tmp(), "constraints.txt")
    lines = Path("constraints.txt").read_text(encoding="utf-8").splitlines(keepends=True)
    pinned.write_text("".join(line for line in lines if not line.startswith("torch==")))
    session.install("-c", str(pinned.absolute()), ".[test]", f"torch=={OLDEST_TORCH}.*")
    session.run("python", "-m", "pytest", *session.posargs)


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
