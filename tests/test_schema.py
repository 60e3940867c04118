"""docs/schema-1.json says what ``--format json`` prints: every key of it, and no other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from jsonschema import Draft202012Validator
from torch import nn

from rnnscope.cli import run

ROOT = Path(__file__).parent.parent
SCHEMA = json.loads((ROOT / "docs" / "schema-1.json").read_text(encoding="utf-8"))

SCRIPT = """
import torch
from torch import nn

data = torch.utils.data.TensorDataset(torch.randn(8, 5, 3), torch.zeros(8, dtype=torch.int64))
rnn = nn.GRU(3, 2)
for x, y in torch.utils.data.DataLoader(data, batch_size=4):
    nn.functional.cross_entropy(rnn(x)[0][:, -1], y).backward()
"""
MODEL = """
from torch import nn

Net = lambda: nn.Sequential(nn.LSTM(3, 4))


class Other(nn.RNN):
    def __init__(self):
        super().__init__(3, 4, nonlinearity="relu")
"""
COMMANDS = """
inspect LSTM 3 4
inspect LSTM 3 4 --no-run
inspect GRU 3 4 --lengths 5,3,2
inspect GRUCell 3 4
inspect LSTM 3 4 --gates
inspect model.py:Net
inspect weights.pt --values
inspect weights.pt --against LSTM(3,5)
explain LSTM 3 4 h_n
explain LSTM 3 4
explain batch_first
explain LSTM 3 4 weight_ih_l0 --as keras
check LSTM 3 4 --input 5,3,4
doctor hidden[0]
doctor weights.txt
verify torch.nn:LSTM --like LSTM(3,4)
verify model.py:Other --like RNN(3,4)
depends nn.GRU(3,4) --input 5,2,3
depends model.py:Net --input 5,2,3 --parts
fuzz --examples 2 --seed 0
rules
rule RNN202
"""


def closed(schema: Any) -> Any:
    """The same schema, which allows no key that it does not name."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(value) for key, value in schema.items()}
    named = schema.get("type") == "object" and ("properties" in schema or "allOf" in schema)
    return {**inner, "unevaluatedProperties": False} if named else inner


def definition(data: dict[str, Any]) -> str:
    """Which of the documents this is, by a key that only it has."""
    keys = {"meaning": "explanation", "framework": "layouts", "rules": "rules", "does": "rule"}
    own = next((name for key, name in keys.items() if key in data), "report")
    return "fuzz" if "fuzz" in data else own


def complaints(data: dict[str, Any]) -> Iterator[str]:
    """What the schema, closed, has against a document."""
    schema = closed(SCHEMA) | {"anyOf": [{"$ref": f"#/$defs/{definition(data)}"}]}
    for error in Draft202012Validator(schema).iter_errors(data):
        for cause in error.context or [error]:
            yield f"{cause.json_path}: {cause.message}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what the commands name, as the current one."""
    (tmp_path / "train.py").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "model.py").write_text(MODEL, encoding="utf-8")
    refused = "Expected hidden[0] size (2, 3, 20), got [3, 2, 20]"
    (tmp_path / "weights.txt").write_text(f"RuntimeError: {refused}", encoding="utf-8")
    torch.save(nn.Sequential(nn.LSTM(3, 4)).state_dict(), tmp_path / "weights.pt")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("command", COMMANDS.strip().splitlines())
def test_what_a_command_prints_is_in_the_schema(
    command: str, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    name, *words = command.split()
    assert run([name, "--format", "json", *words]) in (0, 1)
    data = json.loads(capfd.readouterr().out)
    assert list(complaints(data)) == []
    assert Draft202012Validator(SCHEMA).is_valid(data)


@pytest.mark.parametrize("options", [[], ["--stats"]])
def test_what_a_run_prints_is_in_the_schema(options: list[str], folder: Path) -> None:
    command = [sys.executable, "-m", "rnnscope", "run", "--format", "json", *options, "train.py"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)
    data = json.loads(ran.stdout)
    assert data["findings"]
    assert list(complaints(data)) == []
    assert Draft202012Validator(SCHEMA).is_valid(data)


@pytest.mark.parametrize(
    "document",
    [
        {"schema": "rnnscope/1", "torch": None},
        {"schema": "rnnscope/2", "torch": None, "findings": []},
        {"schema": "rnnscope/1", "torch": None, "findings": [{"code": "RNN202"}]},
    ],
)
def test_what_is_none_is_refused(document: dict[str, Any]) -> None:
    assert not Draft202012Validator(SCHEMA).is_valid(document)


def test_a_key_that_the_schema_does_not_name_would_be_found() -> None:
    (found,) = complaints({"schema": "rnnscope/1", "torch": None, "findings": [], "extra": 1})
    assert "extra" in found
