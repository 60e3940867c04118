"""Every rule: documented, numbered, and right about its own examples."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from textwrap import dedent

import pytest

import rnnscope
from rnnscope.rules import Rule, all_rules, documentation, pages, rule_named
from rnnscope.rules.families import FAMILIES
from rnnscope.rules.registry import HEADINGS, files, rule_in, rules_for
from rnnscope.subjects import RecognisedMessage

RULES = all_rules()
TORCH = tuple(map(int, version("torch").split(".")[:2]))
PREAMBLE = (
    "import torch; from torch import nn; import torch.nn.functional as F; "
    "from torch.nn.utils.rnn import *\n"
)
MARK = re.compile(r"# ((?:RNN\d{3}[ ,]*)+)")


def _name(rule: Rule) -> str:
    return rule.code


# torch.compile with fullgraph=True traces the hooks of a watch, too, and fails on them first.
UNWATCHED = {"RNN141"}


# torch says this once in a process, however often it is asked to.
SAID_ONCE = {"RNN152"}


def _snippet(rule: Rule, heading: str) -> str:
    return dedent(rule.section(heading))


def _runs_here(rule: Rule) -> bool:
    """Rules about hand-written layers and about gates have tests where their subjects come from."""
    code = _snippet(rule, "Example")
    elsewhere = (
        rule.subjects[0].__name__ in ("ComparisonResult", "Activity") or rule.code in UNWATCHED
    )
    needed = re.search(r"# needs torch (\d+)\.(\d+)", code)
    late = needed is not None and (int(needed[1]), int(needed[2])) > TORCH
    return not elsewhere and not late and not code.startswith("$") and "needs CUDA" not in code


def _marked(code: str) -> set[tuple[str, int]]:
    lines = code.split("\n")
    return {
        (found, number)
        for number, line in enumerate(lines, 1)
        for marks in MARK.findall(line)
        for found in re.findall(r"RNN\d{3}", marks)
    }


def _found(code: str, path: Path) -> set[tuple[str, int]]:
    """Codes and lines of all findings of a snippet, which lies in a file as a user's would."""
    path.write_text(code, encoding="utf-8")
    namespace: dict[str, object] = {"__name__": "snippet"}
    exec(PREAMBLE, namespace)
    seen = rnnscope.watch()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        _run(code, path, namespace, seen)
    findings = seen.findings
    assert all(f.location is not None and f.location.file.endswith(path.name) for f in findings)
    return {(f.code, f.location.line) for f in findings if f.location is not None}


def _found_by_run(code: str, path: Path) -> set[tuple[str, int]]:
    """The same in a process of its own, by the command line."""
    path.write_text(PREAMBLE.strip() + "; " + code, encoding="utf-8")
    command = [sys.executable, "-m", "rnnscope", "run", "--format", "json", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return {(f["code"], f["location"]["line"]) for f in json.loads(done.stdout)["findings"]}


def _run(
    code: str, path: Path, namespace: dict[str, object], seen: rnnscope.watching.Watch
) -> None:
    try:
        with seen:
            exec(compile(code, str(path), "exec"), namespace)
    except Exception as error:
        if not seen.findings:
            pytest.fail(f"nothing explains {type(error).__name__}: {error}")


@pytest.fixture(scope="module", autouse=True)
def _said_already() -> None:
    """What torch says once in a process is said before the examples, whichever runs first."""
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.nn.LSTM(3, 4, proj_size=2)(torch.zeros(5, 2, 3))


@pytest.fixture
def _every_warning() -> Iterator[None]:
    """torch says some things once in a process; another test may have heard them already."""
    import torch

    before = torch.is_warn_always_enabled()
    torch.set_warn_always(True)
    yield
    torch.set_warn_always(before)


@pytest.mark.usefixtures("_every_warning")
@pytest.mark.parametrize("rule", [r for r in RULES if _runs_here(r)], ids=_name)
def test_example_gives_exactly_the_marked_findings(rule: Rule, tmp_path: Path) -> None:
    code = _snippet(rule, "Example")
    assert _marked(code), "an example marks the line at fault"
    found = _found_by_run if rule.code in SAID_ONCE else _found
    assert found(code, tmp_path / "example.py") == _marked(code)


@pytest.mark.parametrize("rule", [r for r in RULES if _runs_here(r)], ids=_name)
def test_use_instead_gives_no_finding(rule: Rule, tmp_path: Path) -> None:
    assert _found(_snippet(rule, "Use instead"), tmp_path / "instead.py") == set()


@pytest.mark.parametrize("rule", RULES, ids=_name)
def test_documentation_has_the_four_headings(rule: Rule) -> None:
    assert rule.summary.endswith(".")
    for heading in HEADINGS:
        assert rule.section(heading).strip()


@pytest.mark.parametrize("rule", RULES, ids=_name)
def test_documentation_fits_into_a_terminal(rule: Rule) -> None:
    assert max(map(len, rule.documentation.splitlines())) <= 100


@pytest.mark.parametrize("file", files())
def test_file_holds_the_one_rule_of_its_code(file: str) -> None:
    assert rule_in(file).code.lower() == file[:6]
    if file not in pages.files():
        module = vars(import_module(f"rnnscope.rules.{file}"))
        assert [value for value in module.values() if isinstance(value, Rule)] == [rule_in(file)]


@pytest.mark.parametrize("rule", RULES, ids=_name)
def test_rule_is_found_by_its_name(rule: Rule) -> None:
    assert rule_named(rule.name) is rule


def test_codes_and_names_are_unique_and_sorted() -> None:
    codes = [rule.code for rule in RULES]
    assert codes == sorted(set(codes))
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(code[:4] in FAMILIES for code in codes)


def test_a_subject_is_asked_of_every_rule_about_it() -> None:
    """A message names its page; everything else is looked at by all rules that take its type."""
    for subject in {subject for rule in RULES for subject in rule.subjects} - {RecognisedMessage}:
        assert rules_for(subject) == tuple(r for r in RULES if issubclass(subject, r.subject))


def test_a_subject_loads_no_rules_about_others() -> None:
    program = """import sys
from rnnscope.rules import examine
from rnnscope.subjects import LayerCall, PartialConfig
examine(LayerCall(PartialConfig()))
print(*(name for name in sys.modules if ".rnn" in name))"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    loaded = {name.removeprefix("rnnscope.rules.")[:4] for name in done.stdout.split()}
    assert loaded == {"rnn2"}, done.stderr


@pytest.mark.parametrize("asked", ["RNN202", "rnn202", "state-batch-first", "State-Batch-First"])
def test_rule_is_found_by_code_or_name(asked: str) -> None:
    assert rule_named(asked).code == "RNN202"


def test_unknown_rule_names_the_remedy() -> None:
    with pytest.raises(LookupError, match="rnnscope rules"):
        rule_named("RNN000")


def test_documentation_has_a_page_for_each_rule() -> None:
    linked = re.findall(r"\]\((.+?)\)", documentation.index())
    assert sorted(linked) == [f"{rule.code}.md" for rule in RULES]
    for rule in RULES:
        page = documentation.markdown(rule)
        assert rule.summary in page
        assert page.count("```") == 4
