"""Terminals and pipes that cannot show every character get ASCII in its place, and no traceback."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest

import rnnscope
from rnnscope.cli import COMMANDS
from rnnscope.formats.palette import BAD, GOOD, ROLE_STYLES, SEVERITY_STYLES, TITLE
from rnnscope.legible import legible

LINES = [
    ["inspect", "LSTM", "10", "20"],
    ["inspect", "LSTM", "10", "20", "--full"],
    ["explain", "LSTM", "10", "20", "h_n"],
    ["explain", "GRU", "10", "20", "weight_ih_l0", "--format", "markdown"],
    ["check", "--help"],
    ["inspect", "LSTM", "10", "20", "→"],
]


def printed(encoding: str, *words: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "rnnscope", *words]
    environment = os.environ | {"PYTHONIOENCODING": encoding, "COLUMNS": "80"}
    return subprocess.run(command, capture_output=True, env=environment, check=False)


@pytest.mark.parametrize("words", LINES, ids=" ".join)
@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_stream_of_few_characters_gets_ascii(words: list[str], encoding: str) -> None:
    done = printed(encoding, *words)
    refused = "→" in words
    assert done.returncode == (2 if refused else 0)
    text = (done.stderr if refused else done.stdout).decode(encoding)
    assert text
    assert "Traceback" not in text
    assert "\\u" not in text
    assert "?" not in text.replace("?\n", "").replace("? ", "")


def test_columns_stay_where_they_are() -> None:
    text = str(rnnscope.explain("LSTM(10, 20, num_layers=5, bidirectional=True)", "h_n", run=False))
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    plain = legible(text, stream)
    assert plain.isascii()
    assert [len(line) for line in plain.splitlines()] == [len(line) for line in text.splitlines()]


def test_print_of_a_report_is_legible_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding="cp1252"))
    text = str(rnnscope.inspect("GRU(3, 4)"))
    assert "+ measured on cpu" in text
    text.encode("cp1252")


def test_a_stream_of_all_characters_gets_them_all() -> None:
    assert "✓ measured" in printed("utf-8", "inspect", "GRU", "3", "4").stdout.decode()


def test_what_must_be_read_is_neither_yellow_nor_dim() -> None:
    styles = [*ROLE_STYLES.values(), *SEVERITY_STYLES.values(), GOOD, BAD, TITLE]
    assert not [style for style in styles if "yellow" in style or "dim" in style]


def test_the_lines_above_are_of_commands() -> None:
    assert {words[0] for words in LINES} <= set(COMMANDS)
