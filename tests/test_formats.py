"""Every format of a report, against golden files; RNNSCOPE_WRITE_GOLDEN=1 writes them anew."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from rnnscope.api import inspect_config
from rnnscope.call import Call
from rnnscope.config import RNNConfig
from rnnscope.errors import OutputError, UnknownNameError
from rnnscope.facts import Difference
from rnnscope.findings import Finding, Location, Related, Severity
from rnnscope.formats import FORMATS, format_for, render
from rnnscope.report import Report
from rnnscope.results import Outcome

GOLDEN = Path(__file__).parent / "golden"
CASES = {
    "canonical": ("LSTM(10, 20, num_layers=2, bidirectional=True)", Call()),
    "packed": ("GRU(10, 20, batch_first=True)", Call(lengths=(2, 5, 3))),
    "projected": ("LSTM(10, 20, proj_size=7, bias=False)", Call(batched=False)),
    "cell": ("RNNCell(10, 20, nonlinearity='relu')", Call(states_given=True)),
}
FINDING = Finding(
    code="RNN201",
    name="a-name",
    severity=Severity.ERROR,
    message="h_0 must be (1, 3, 20), got (3, 1, 20).",
    fix="h0 = h0.transpose(0, 1)",
    location=Location("train.py", 31, 18),
    related=(Related(Location("train.py", 12), "the layer was built here"),),
    count=1000,
)


def predicted(case: str) -> Report:
    text, call = CASES[case]
    return inspect_config(RNNConfig.parse(text), call, run=False)


@pytest.mark.parametrize("format", ["terminal", "full", "markdown", "json"])
@pytest.mark.parametrize("case", CASES)
def test_the_report_is_as_in_the_golden_file(case: str, format: str) -> None:
    path = GOLDEN / f"{case}.{format}"
    text = predicted(case).to_text(format) + "\n"
    if os.environ.get("RNNSCOPE_WRITE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES)
def test_the_terminal_format_fits_80_columns_without_trailing_blanks(case: str) -> None:
    for format in ("terminal", "full"):
        for line in predicted(case).to_text(format).splitlines():
            assert len(line) <= 80
            assert line == line.rstrip()


@pytest.mark.parametrize("case", CASES)
def test_the_first_screen_leaves_the_prompt_its_line(case: str) -> None:
    assert len(predicted(case).to_text().splitlines()) <= 23


def test_the_first_screen_of_one_layer_has_its_picture() -> None:
    text = inspect_config(RNNConfig("LSTM", 10, 20)).to_text()
    assert len(text.splitlines()) <= 23
    for words in ("h_0[0] ──→[ ]", "✓ measured on cpu", "[0] layer 0", "2,560", "rnnscope explain"):
        assert words in text


@pytest.mark.parametrize("width", [40, 60])
def test_no_number_is_lost_in_a_narrow_terminal(width: int) -> None:
    report = predicted("canonical")
    for text in (report.to_text("full", width), report.to_text(width=width)):
        assert max(map(len, text.splitlines())) <= width
        assert "15,040" in text
        assert "= (4, 3, 20)\n" in text
        assert "…\n" not in text
    assert "216,000" in report.to_text("full", width)


@pytest.mark.parametrize("width", range(30, 100, 7))
def test_a_symbol_is_never_broken(width: int) -> None:
    layer = RNNConfig("LSTM", 10, 256, num_layers=2, bidirectional=True)
    tables = inspect_config(layer, run=False).to_text("full", width).partition("Tensors")[2]
    for symbols in re.findall(r"\(\d*\*?[A-Z][^\n]*?[)\n]", tables):
        assert symbols.endswith(")"), symbols


def test_every_format_renders_a_finding_and_an_outcome() -> None:
    result = Report(findings=(FINDING,), outcome=Outcome("RuntimeError", "Expected hidden size"))
    for name in FORMATS:
        assert "RNN201" in render(result, name), name


def test_a_finding_shows_place_repair_count_and_evidence() -> None:
    text = Report(findings=(FINDING,)).to_text()
    assert re.search(r"^error\[RNN201\] a-name +1000 times$", text, re.M)
    assert re.search(r"^  train.py:31$", text, re.M)
    assert re.search(r"^  train.py:12\n +the layer was built here$", text, re.M)
    assert "  fix      h0 = h0.transpose(0, 1)" in text
    assert text.endswith("  more     rnnscope rule RNN201")


def test_a_disagreement_is_shown_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    report = inspect_config(RNNConfig("GRU", 3, 4), reference=False)
    layer = report.layers[0]
    wrong = Difference("h_n", "shape", (1, 3, 4), (3, 1, 4))
    monkeypatch.setattr(type(layer), "differences", property(lambda _: (wrong,)))
    text = report.to_text()
    assert "DISAGREEMENT" in text
    assert "h_n shape: predicted (1, 3, 4), measured (3, 1, 4)" in text
    assert "✗ measured shape (3, 1, 4)" in text
    assert "**NO**" in report.to_text("markdown")
    assert report.to_dict()["agreement"]["measured"] is False


def test_json_has_the_keys_of_the_schema() -> None:
    data = json.loads(predicted("canonical").to_text("json"))
    assert data["schema"] == "rnnscope/1"
    assert data["parameter_count"] == 15040
    assert data["macs"] == 216000
    assert data["torch"] is None
    assert data["agreement"]["measured"] is None
    first = data["parameters"][0]
    assert first["name"] == "weight_ih_l0"
    assert first["shape"] == [80, 10]
    assert first["symbols"] == "(4*H_cell, H_in)"
    assert first["gate_multiple"] == 4
    h_n = next(t for t in data["tensors"] if t["name"] == "h_n")
    assert h_n["shape"] == [4, 3, 20]
    assert h_n["axes"][0]["role"] == "layers*directions"
    assert h_n["measured"] is None


def test_a_report_prints_itself_as_text_in_a_notebook_and_into_files(tmp_path: Path) -> None:
    report = predicted("canonical")
    assert str(report) == report.to_text("terminal")
    assert "(D*num_layers, N, " in str(report)
    assert repr(report).startswith("<Report LSTM(10, 20, num_layers=2, bidirectional=True): ")
    for name, mark in {"a.svg": "<svg", "a.html": "<!DOCTYPE html>", "a.json": "{"}.items():
        report.write(tmp_path / name)
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(mark)


def test_the_ending_of_a_file_decides_its_format() -> None:
    names = {"a.md": "markdown", "a.SVG": "svg", "a.txt": "full", "b.a.htm": "html"}
    assert {name: format_for(Path(name)) for name in names} == names
    assert format_for(Path("a.txt"), ["terminal", "json"]) == "terminal"


@pytest.mark.parametrize("name", ["a.pdf", "a.doc", "a", ".svg"])
def test_an_ending_that_means_nothing_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"choose \.txt, \.md, .* or \.sarif"):
        predicted("cell").write(tmp_path / name)
    predicted("cell").write(tmp_path / name, "svg")
    assert (tmp_path / name).read_text(encoding="utf-8").startswith("<svg")


def test_a_wrong_format_or_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="'xml': choose terminal, full"):
        predicted("cell").to_text("xml")
    with pytest.raises(OutputError, match="give another file"):
        predicted("cell").write(tmp_path / "absent" / "a.md")


def test_the_reference_is_asked_at_once_or_when_the_report_is_printed() -> None:
    from rnnscope.api import inspect

    late, early = inspect("GRU(3, 4)"), inspect("GRU(3, 4)", reference=True)
    assert late.layers[0].reference is None
    assert early.layers[0].reference is not None
    for report in (late, early):
        assert "reference agrees" in str(report)
        assert "reference agrees" in report.to_text("markdown").replace("Reference", "reference")
    assert "reference" not in str(inspect_config(RNNConfig("GRU", 3, 4), reference=False))
