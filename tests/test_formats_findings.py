"""Formats that hold findings alone: plain lines, GitHub annotations, SARIF."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from rnnscope.findings import Edit, Finding, Location, Related, Repair, Severity
from rnnscope.formats import render
from rnnscope.results import Result
from rnnscope.rules import all_rules

FINDING = Finding(
    "RNN401",
    "one-sample-read",
    Severity.ERROR,
    "output is (N, L, H):\n100% of\r it, one: sample",
    fix="output[:, -1]",
    location=Location("my model,1.py", 31, 18, 31, 28),
    related=(Related(Location("/tmp/a.py", 7), "the layer runs here"),),
    count=3,
    proof="sample 1 moved sample 2",
    repair=Repair(
        (Edit("my model,1.py", 31, 25, 31, 27, ":, -1"),), "- output[-1]\n+ output[:, -1]", True
    ),
)
HINT = Finding("RNN202", "state-batch-first", Severity.HINT, "only a hint")
RESULT = Result(findings=(FINDING, HINT))


def test_plain_is_one_line_a_finding() -> None:
    assert render(RESULT, "plain").splitlines() == [
        "my model,1.py:31:18: RNN401 error: output is (N, L, H): 100% of it, one: sample",
        "RNN202 hint: only a hint",
    ]


def test_github_escapes_what_its_commands_need() -> None:
    assert render(RESULT, "github").splitlines() == [
        "::error file=my model%2C1.py,line=31,col=18,endColumn=28,title=RNN401 one-sample-read::"
        "output is (N, L, H):%0A100%25 of%0D it, one: sample%0A/tmp/a.py:7: the layer runs here"
        "%0Aproof: sample 1 moved sample 2%0Arepair:%0A- output[-1]%0A+ output[:, -1]",
        "::notice title=RNN202 state-batch-first::only a hint",
    ]


@pytest.mark.parametrize("name", ["plain", "github"])
def test_nothing_found_is_nothing_written(name: str) -> None:
    assert render(Result(), name) == ""


def _closed(required: list[str], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": required,
        "properties": properties,
    }


# What SARIF 2.1.0 says of the objects that we write (OASIS sarif-v2.1.0-os, sections 3.13 to 3.49),
# with every property that we do not write left out, and what GitHub code scanning demands made
# required: rule ids, level, message, uri and startLine.
TEXT = {"type": "string", "minLength": 1}
COUNT = {"type": "integer", "minimum": 1}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
MESSAGE = _closed(["text"], text=TEXT)
URI = {"type": "string", "pattern": r"^(file:///)?[^\s\\:?#]+$"}
REGION = _closed(["startLine"], startLine=COUNT, startColumn=COUNT, endLine=COUNT, endColumn=COUNT)
PHYSICAL = _closed(
    ["artifactLocation", "region"],
    artifactLocation=_closed(["uri"], uri=URI),
    region=REGION,
)
REPLACEMENT = _closed(["deletedRegion"], deletedRegion=REGION, insertedContent=_closed([], text={}))
CHANGE = _closed(
    ["artifactLocation", "replacements"],
    artifactLocation=_closed(["uri"], uri=URI),
    replacements={"type": "array", "minItems": 1, "items": REPLACEMENT},
)
FIX = _closed(
    ["artifactChanges"],
    description=MESSAGE,
    artifactChanges={"type": "array", "minItems": 1, "items": CHANGE},
)
LOCATION = _closed(
    ["physicalLocation"],
    id={"type": "integer", "minimum": -1},
    physicalLocation=PHYSICAL,
    message=MESSAGE,
)
RULE = _closed(
    ["id", "shortDescription", "fullDescription", "help"],
    id=TEXT,
    name=TEXT,
    shortDescription=MESSAGE,
    fullDescription=MESSAGE,
    help=MESSAGE,
    defaultConfiguration=_closed(["level"], level=LEVEL),
)
RESULT_SCHEMA = _closed(
    ["ruleId", "level", "message"],
    ruleId=TEXT,
    ruleIndex={"type": "integer", "minimum": -1},
    level=LEVEL,
    message=MESSAGE,
    occurrenceCount=COUNT,
    locations={"type": "array", "items": LOCATION},
    relatedLocations={"type": "array", "items": LOCATION, "uniqueItems": True},
    fixes={"type": "array", "items": FIX, "uniqueItems": True},
)
DRIVER = _closed(
    ["name", "rules"],
    name=TEXT,
    version=TEXT,
    rules={"type": "array", "items": RULE, "uniqueItems": True},
)
RUN = _closed(
    ["tool", "results"],
    tool=_closed(["driver"], driver=DRIVER),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results={"type": "array", "items": RESULT_SCHEMA},
)
SARIF = _closed(
    ["version", "runs"],
    **{
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "minItems": 1, "items": RUN},
    },
)


def every_rule() -> Result:
    return Result(
        findings=tuple(
            Finding(r.code, r.name, r.severity, "message", location=Location("a b.py", 3))
            for r in all_rules()
        )
    )


@pytest.mark.parametrize("result", [RESULT, Result(), every_rule()], ids=["two", "none", "all"])
def test_sarif_is_valid(result: Result) -> None:
    data = json.loads(render(result, "sarif"))
    assert [error.message for error in Draft202012Validator(SARIF).iter_errors(data)] == []


def test_the_schema_refuses_what_is_wrong() -> None:
    data = json.loads(render(RESULT, "sarif"))
    data["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    assert not Draft202012Validator(SARIF).is_valid(data)


def test_sarif_says_all_that_the_finding_says() -> None:
    run = json.loads(render(RESULT, "sarif"))["runs"][0]
    first, second = run["results"]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[r["ruleIndex"]]["id"] for r in (first, second)] == ["RNN401", "RNN202"]
    assert first["level"] == "error"
    assert second["level"] == "note"
    assert first["message"]["text"].endswith("\nProof: sample 1 moved sample 2\nFix: output[:, -1]")
    assert first["occurrenceCount"] == 3
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "my%20model%2C1.py"
    assert place["region"] == {
        "startLine": 31,
        "startColumn": 18,
        "endLine": 31,
        "endColumn": 28,
    }
    [change] = first["fixes"][0]["artifactChanges"]
    assert change["artifactLocation"] == place["artifactLocation"]
    assert change["replacements"][0]["insertedContent"] == {"text": ":, -1"}
    related = first["relatedLocations"][0]
    assert related["physicalLocation"]["artifactLocation"]["uri"] == "file:///tmp/a.py"
    assert related["message"]["text"] == "the layer runs here"
    assert "locations" not in second
