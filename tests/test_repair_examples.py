"""Repairs of the rules' own examples: the finding is gone from the repaired snippet."""

from __future__ import annotations

import linecache
import warnings
from itertools import islice
from pathlib import Path

import pytest
from test_rules import (  # noqa: F401
    PREAMBLE,
    RULES,
    _every_warning,
    _run,
    _runs_here,
    _snippet,
)

import rnnscope
from rnnscope.findings import Finding
from rnnscope.repair.code import code_of
from rnnscope.repair.edits import applied
from rnnscope.repair.table import REPAIRERS, suggestions
from rnnscope.rules import Rule
from rnnscope.spans import tree_of

# Their examples have no name for what the repair needs, need another edit behind the first, or are
# explained by another rule where the call is live.
WITHOUT = {
    "RNN131",
    "RNN228",
    "RNN229",
    "RNN403",
    "RNN490",
    "RNN501",
    "RNN514",
    "RNN515",
    "RNN552",
    "RNN561",
    "RNN706",
    "RNN712",
}


def found(code: str, path: Path) -> list[Finding]:
    """The findings of a snippet, which lies in a file as a user's would."""
    path.write_text(code, encoding="utf-8")
    linecache.clearcache()
    tree_of.cache_clear()
    code_of.cache_clear()
    names: dict[str, object] = {"__name__": "snippet"}
    exec(PREAMBLE, names)
    seen = rnnscope.watch()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        _run(code, path, names, seen)
    return list(seen.findings)


def _name(rule: Rule) -> str:
    return rule.code


@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("_every_warning")
@pytest.mark.parametrize(
    "rule", [r for r in RULES if r.code in REPAIRERS.keys() - WITHOUT and _runs_here(r)], ids=_name
)
def test_one_of_the_first_suggestions_takes_the_finding_away(rule: Rule, tmp_path: Path) -> None:
    code = _snippet(rule, "Example")
    finding = next(f for f in found(code, tmp_path / "example.py") if f.code == rule.code)
    texts = [applied(code, each.edits) for each in islice(suggestions(finding), 4)]
    ends = [_end(text, tmp_path / f"repaired{number}.py") for number, text in enumerate(texts)]
    assert "" in ends


def _end(code: str, path: Path) -> str:
    """What is wrong with a snippet: codes, or what it raised; nothing where all is well."""
    try:
        return ", ".join(finding.code for finding in found(code, path))
    except (Exception, pytest.fail.Exception) as error:
        return f"{type(error).__name__}: {error}"
