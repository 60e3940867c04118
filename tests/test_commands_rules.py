"""rules and rule: the catalogue, listed and told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rnnscope.cli import run
from rnnscope.rules import all_rules
from rnnscope.rules.listing import listed


def test_table_holds_every_rule_by_family(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules"]) == 0
    shown = capsys.readouterr().out
    assert all(rule.code in shown for rule in all_rules())
    assert "RNN2xx  call: input and states" in shown


def test_table_fits_into_80_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    run(["rules"])
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


def test_prose_of_a_rule_fits_into_80_columns_and_its_code_stays(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run(["rule", "RNN202"]) == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    assert "h_0 = torch.zeros(3, 2, 20)  # RNN202\n" in shown


def test_json_lists_codes_names_and_families(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "RNN2", "--format", "json"]) == 0
    listed = json.loads(capsys.readouterr().out)["rules"]
    assert {rule["family"] for rule in listed} == {"call: input and states"}
    assert {"code", "name", "severity", "family", "summary"} == set(listed[0])


def test_markdown_is_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "RNN101", "--format", "markdown"]) == 0
    assert "| RNN101 | warning | dropout-on-one-layer |" in capsys.readouterr().out


@pytest.mark.parametrize("asked", ["RNN202", "202", "state-batch-first"])
def test_rule_prints_its_documentation(asked: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rule", asked]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("RNN202 state-batch-first (error)")
    assert "What it does" in shown
    assert "Use instead" in shown


def test_rule_as_json_has_its_sections(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rule", "RNN202", "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert "# RNN202" in data["example"]
    assert data["does"].startswith("Looks for h_0 and c_0")


def test_rule_as_markdown_is_its_part_of_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rule", "RNN202", "--format", "markdown"]) == 0
    assert "```python" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["rule", "RNN000"], ["rules", "XYZ"], ["rule", "RNN202", "--format", "pdf"]]
)
def test_unknown_names_are_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    assert " no " in capsys.readouterr().err


def test_list_read_off_the_files_is_that_of_the_rules() -> None:
    wanted = [(r.code, r.name, str(r.severity), r.summary) for r in all_rules()]
    assert [(r.code, r.name, r.severity, r.summary) for r in listed()] == wanted


def test_a_number_will_do_and_names_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "20"]) == 0
    shown = capsys.readouterr().out
    assert "RNN202  error     state-batch-first: " in shown
    assert "RNN1" not in shown


def test_a_listing_goes_into_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "-o", str(tmp_path / "rules.md")]) == 0
    assert (tmp_path / "rules.md").read_text().startswith("| code | severity |")
    assert run(["rule", "202", "-o", str(tmp_path / "rule.json")]) == 0
    assert json.loads((tmp_path / "rule.json").read_text())["code"] == "RNN202"
    assert capsys.readouterr().out == ""
    assert run(["rules", "-o", str(tmp_path / "absent" / "a.md")]) == 2
