"""What the documentation shows runs: examples in docstrings, and Python in the README."""

from __future__ import annotations

import ast
import doctest
import importlib
import re
import shlex
from pathlib import Path

import pytest

import rnnscope

PACKAGE = Path(rnnscope.__file__).parent
ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"


def modules() -> list[str]:
    """Every module with a ``>>>`` in it."""
    paths = sorted(PACKAGE.rglob("*.py"))
    shown = [path for path in paths if ">>> " in path.read_text(encoding="utf-8")]
    parts = (path.relative_to(PACKAGE.parent).with_suffix("").parts for path in shown)
    return [".".join(p for p in names if p != "__init__") for names in parts]


def fenced(language: str) -> list[str]:
    """The blocks of one language in the README."""
    if not README.exists():
        return []
    text = README.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


# torch's advice about one of its own layers, which depends on what ran before.
@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported")
@pytest.mark.parametrize("name", modules())
def test_the_examples_of_a_module_do_what_they_say(name: str) -> None:
    module = importlib.import_module(name)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    tests = [test for test in doctest.DocTestFinder().find(module) if test.examples]
    assert tests, "a >>> that is in no docstring"
    report: list[str] = []
    for test in tests:
        runner.run(test, out=report.append, clear_globs=False)
    assert not runner.failures, "".join(report)


def test_an_example_that_is_wrong_would_be_found() -> None:
    test = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, 0)
    assert doctest.DocTestRunner().run(test, out=lambda text: None).failed == 1


def test_python_in_the_readme_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The blocks run in order, in one namespace, as a reader types them into one session."""
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "readme"}
    for number, block in enumerate(fenced("python")):
        exec(compile(block, f"README block {number}", "exec"), namespace)
    capsys.readouterr()


def test_commands_in_the_readme_are_commands() -> None:
    """Each line that begins with rnnscope names a command that there is."""
    from rnnscope.cli import COMMANDS

    lines = [line for block in fenced("(?:sh|bash|console)?") for line in block.splitlines()]
    calls = [line.removeprefix("$ ") for line in lines if re.match(r"(\$ )?rnnscope ", line)]
    named = {shlex.split(call, comments=True)[1] for call in calls}
    assert {name for name in named if not name.startswith("-")} <= set(COMMANDS)


def test_the_first_screen_in_the_readme_is_what_is_printed() -> None:
    shown = next(block for block in fenced("") if block.startswith("LSTM(10, 20,"))
    told = str(rnnscope.inspect("LSTM(10, 20, num_layers=2, bidirectional=True)")).splitlines()
    lines = [line for line in shown.splitlines() if "agrees to" not in line]
    assert len(lines) > 10
    assert [line for line in lines if line not in told] == []


PAGES = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md"))]


@pytest.mark.parametrize("page", sorted(ROOT.glob("*.md")), ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_extra_that_is_named_exists() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    named = set(re.findall(r"(?:\.|rnnscope)\[(\w+)\]\"", text))
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    known = re.findall(r"^(\w+) = \[", project.partition("optional-dependencies]")[2], flags=re.M)
    assert named
    assert named <= set(known)


HOW = (ROOT / "docs" / "how-it-works.md").read_text(encoding="utf-8")


def test_every_patch_is_in_the_documentation() -> None:
    from rnnscope.recording.patches import rows
    from rnnscope.recording.recorder import RECORDER

    table = HOW.partition("## Everything that is patched")[2]
    names = {"__enter__": "when entered", "_walk_tb_with_full_positions": "with positions"}
    absent = {name for _, name, _ in rows(RECORDER) if names.get(name, name) not in table}
    assert absent == set()


def test_the_pace_is_that_of_the_documentation() -> None:
    from rnnscope.experiments import budget
    from rnnscope.questions import inquiry
    from rnnscope.recording import pace

    for words in (
        f"the first {pace.FIRST}, then those after 8, 16, 32",
        f"| the first {pace.FOLLOWED}, of {pace.BUSY:,} calls at most |",
        f"| {pace.NOVEL} steps |",
        f"{pace.FIRST} such stretches, of {pace.CALLS} layer calls",
        f"{pace.CALLS_OF_TAPE:,}, then the step is let go",
        f"asked of | {inquiry._STEPS} |",
        f"replays of one step | {budget.REPLAYS} |",
        f"{budget.START} s, and {budget.SHARE:.0%} of the time",
        f"{budget.LAST:g} s more",
    ):
        assert words in HOW
    steps = pace.Pace()
    recorded = [step for step in range(1, 100) if steps.next_step(True)]
    assert recorded == [*range(1, 9), 16, 32, 64]


def test_the_versions_agree() -> None:
    assert f"version: {rnnscope.__version__}\n" in (ROOT / "CITATION.cff").read_text(
        encoding="utf-8"
    )
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## \[([\d.]+)\]", changes, flags=re.M).group(1) == rnnscope.__version__


ALONE = {"benchmarks", "mutation"}
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"


@pytest.mark.skipif(not WORKFLOW.exists(), reason="the workflow is not part of the sdist")
def test_the_workflow_runs_the_sessions_of_nox() -> None:
    """Each with the Python that nox has for it; what needs an idle machine is left out."""
    sessions = {}
    for node in ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            given = re.search(r"python=(.*)\)$", ast.unparse(node.decorator_list[0]))
            sessions[node.name] = set(re.findall(r"[\d.]+", given[1])) if given else set()
    text = WORKFLOW.read_text(encoding="utf-8")
    named = re.findall(r"session: \[(.*)\]", text)
    run = {name: set[str]() for names in named for name in names.split(", ")}
    run["tests"] |= set(re.findall(r"[\d.]+", re.findall(r"python: \[(.*)\]", text)[0]))
    for python, name in re.findall(r'python: "([\d.]+)", session: (\w+)', text):
        run.setdefault(name, set()).add(python)
    assert run == {name: sessions[name] for name in sessions if name not in ALONE}


def test_the_list_of_commands_says_what_each_of_them_says() -> None:
    from rnnscope.cli import COMMANDS

    for name, summary in COMMANDS.items():
        command = getattr(importlib.import_module(f"rnnscope.commands.{name}"), name)
        assert (command.__doc__ or "").partition("\n")[0] == summary
