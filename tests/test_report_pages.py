"""The page of a report or an explanation: one file, well formed, complete, and safe."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from html5lib.html5parser import HTMLParser, ParseError
from hypothesis import given, settings

from rnnscope.api import explain, gates, inspect, inspect_config, verify
from rnnscope.call import Call
from rnnscope.cli import run
from rnnscope.config import RNNConfig
from rnnscope.findings import Finding, Location, Severity
from rnnscope.formats.markup import Html, element
from rnnscope.report import Report
from rnnscope.results import Outcome
from rnnscope.strategies import calls, configs

STACK = RNNConfig("LSTM", 10, 20, num_layers=2, bidirectional=True)


@dataclass
class Reader:
    """The elements of a page that a strict parser reads without an objection."""

    page: str

    def __post_init__(self) -> None:
        parser = HTMLParser(namespaceHTMLElements=False, strict=True)
        self.elements = [e for e in parser.parse(self.page).iter() if isinstance(e.tag, str)]

    def all(self, tag: str) -> list[dict[str, str]]:
        return [element.attrib for element in self.elements if element.tag == tag]


def read(page: str) -> Reader:
    """A page without mistakes: ids once, links that lead somewhere, nothing loaded."""
    reader = Reader(page)
    ids = [element.attrib["id"] for element in reader.elements if "id" in element.attrib]
    assert len(ids) == len(set(ids))
    assert {a["href"] for a in reader.all("a")} <= {f"#{name}" for name in ids}
    for outside in ("<script", "<link", "@import", "url(", " src="):
        assert outside not in page
    (title,) = re.findall(r"<head>.*<title>(.+?)</title>", page)
    assert title
    assert reader.all("html") == [{"lang": "en"}]
    return reader


def test_the_parser_objects() -> None:
    with pytest.raises(ParseError):
        read("<!DOCTYPE html><html lang=en><head><title>t</title></head><body><p><b></p></html>")


@given(configs(max_layers=3).flatmap(lambda c: calls(c).map(lambda call: (c, call))))
@settings(max_examples=25, deadline=None)
def test_every_layer_has_a_page(asked: tuple[RNNConfig, Call]) -> None:
    config, call = asked
    report = inspect_config(config, call, run=False)
    page = report.to_text("html")
    reader = read(page)
    facts = report.layers[0].facts
    for tensor in facts.tensors:
        assert f'data-of="{tensor.name}"' in page
    for parameter in facts.parameters:
        assert f">{parameter.name}<" in page
    assert len(reader.all("details")) == len({(p.layer, p.direction) for p in facts.parameters})
    assert all(head.get("scope") for head in reader.all("th"))
    assert all(part.get("tabindex") == "0" for part in scrolling(reader))


def scrolling(reader: Reader) -> list[dict[str, str]]:
    return [attributes for attributes in reader.all("div") if attributes.get("class") == "scroll"]


def test_the_page_of_the_canonical_layer_is_small() -> None:
    page = inspect_config(STACK).to_text("html")
    read(page)
    assert len(page.encode()) < 200_000
    assert page.count("✓") == 1 + 6 + 16
    assert "width=device-width" in page
    assert "prefers-color-scheme:dark" in page
    assert "@media print" in page


def test_pointing_at_a_tensor_lights_up_its_way_and_at_an_axis_every_place_of_it() -> None:
    page = inspect_config(STACK, run=False).to_text("html")
    assert '[data-of="c_n"]:is(:hover,:focus-visible)) .unrolled g.c_n{--line' in page
    assert "body:has(.batch:is(:hover,:focus-visible)) .batch{" in page
    assert re.search(r'<g class="carry [^"]*\bc_n\b', page)


@pytest.mark.parametrize("name", ["h_n", "output", "weight_ih_l1_reverse", "bias_hh_l0", None])
def test_an_explanation_has_a_page(name: str | None) -> None:
    explained = explain(STACK, name)
    page = explained.to_text("html")
    read(page)
    for note in explained.notes:
        assert note.question.replace("'", "&#x27;") in page
    for recipe in explained.recipes:
        assert "✓ right" in page if recipe.right else "✗ wrong" in page
    assert ("off by" in page) is any(r.difference for r in explained.recipes)
    assert ("strong" in re.findall(r'<g class="[^"]*\b(strong)\b', page)) is (name is not None)


@given(configs(max_layers=2).flatmap(lambda c: calls(c).map(lambda call: (c, call))))
@settings(max_examples=10, deadline=None)
def test_every_explanation_has_a_page_and_a_picture(asked: tuple[RNNConfig, Call]) -> None:
    config, call = asked
    for name in ("h_0", "input", "weight_hh" if config.single_step else "weight_hh_l0"):
        explained = explain(config, name, call=call, run=False)
        read(explained.to_text("html"))
        assert 'class="' in explained.to_text("svg")


def test_what_was_found_is_told_and_nothing_of_it_is_markup() -> None:
    finding = Finding(
        code="RNN201",
        name="a-name",
        severity=Severity.ERROR,
        message="<script>alert(1)</script> & more",
        fix="x < y",
        location=Location("<b>.py", 3, 1),
        count=7,
    )
    result = Report(findings=(finding,), outcome=Outcome("RuntimeError", "<i>"))
    page = result.to_text("html")
    read(page)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in page
    assert "(7 times)" in page
    assert "RuntimeError: &lt;i&gt;" in page
    picture = result.to_text("svg")
    assert "<script" not in picture
    assert "fix: x &lt; y" in picture
    assert "Nothing found." in Report().to_text("svg")


def test_a_model_is_its_layers_in_order_of_call() -> None:
    from torch import nn, zeros

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.unused = nn.RNN(3, 4)
            self.decoder = nn.GRUCell(5, 6)
            self.encoder = nn.LSTM(7, 8, batch_first=True)

        def forward(self, x):  # type: ignore[no-untyped-def]
            self.encoder(x)
            for _ in range(3):
                state = self.decoder(zeros(2, 5))
            return state

    report = inspect(Model(), zeros(2, 4, 7))
    picture, page = report.to_text("svg"), report.to_text("html")
    read(page)
    for text in (picture, page):
        places = [text.index(f">{name}<") for name in ("encoder", "decoder", "unused")]
        assert places == sorted(places)
        assert "3 calls of these shapes" in text
        assert "not called" in text
    words = "".join(re.sub(r"<[^>]*>", "", picture).split())
    assert "output(N,L,D*H_out)=(2,4,8)" in words


def test_a_verification_has_a_page(tmp_path: Path) -> None:
    from torch import nn

    class Mine(nn.LSTM):
        pass

    verified = verify(Mine, like="LSTM(3, 4)")
    page = verified.to_text("html")
    read(page)
    assert "same function: Mine is LSTM(3, 4)" in page
    verified.write(tmp_path / "mine.svg")
    assert "(3, 4)" in (tmp_path / "mine.svg").read_text(encoding="utf-8")


def test_elements_escape_text_and_leave_elements() -> None:
    assert element("p", "<", Html("<b>x</b>"), class_='"', hidden=True, id=None) == (
        '<p class="&quot;" hidden>&lt;<b>x</b></p>'
    )


def test_the_picture_of_a_gate_makes_it_strong() -> None:
    picture = explain("LSTM(10, 20)", "forget gate").to_text("svg")
    strong = re.findall(r'<g class="gate [^"]*strong">\s*<title>([^:]*):', picture)
    assert strong == ["forget gate"]
    page = explain("LSTM(10, 20)", "forget gate").to_text("html")
    read(page)
    assert "W_if" in page
    assert "Its way" not in page


def test_the_gates_have_a_page_whose_picture_follows_its_colours() -> None:
    seen = gates("LSTM(5, 8, bidirectional=True)", loss=lambda output, states: output.sum())
    page = seen.to_text("html")
    reader = read(page)
    assert len(reader.all("table")) == len(seen.traces)
    assert all(part.get("tabindex") == "0" for part in scrolling(reader))
    assert '<rect width="556" height="808" class="paper"' in page


@pytest.mark.filterwarnings("ignore:.*:UserWarning")
def test_what_a_run_found_has_a_page(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("from torch import nn\nnn.LSTM(3, 4, dropout=0.5)\n")
    assert run(["run", "-q", "-o", str(tmp_path / "run.html"), str(tmp_path / "train.py")]) == 1
    page = (tmp_path / "run.html").read_text(encoding="utf-8")
    read(page)
    assert "RNN101 warning dropout-on-one-layer" in page


def test_on_paper_nothing_is_folded_or_cut() -> None:
    printed = inspect_config(STACK, run=False).to_text("html").partition("@media print{body")[2]
    assert "details::details-content{content-visibility:visible" in printed
    assert ".scroll{overflow:visible}" in printed
