"""The documentation as a site: what its pages show is run, and every rule has its page.

The site itself is built where mkdocs is installed, as ``nox -s docs`` has it.
"""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from marked_blocks import ran
from site_hooks import DOCS, inward, navigation, with_finding, written

import rnnscope
from rnnscope.rules import all_rules, rule_named

PAGES = {path.relative_to(DOCS).as_posix(): path for path in sorted(DOCS.rglob("*.md"))}
MARKED = re.compile("^```(python|console) run", re.M)
# What a page is about is among what its blocks print.
SHOWN = {
    "index.md": "way_of_h_n.svg",
    "how-it-works.md": "  lstm           [",
    "how-to/find-a-mistake.md": "warning[RNN402]",
    "how-to/read-a-weights-file.md": "error[RNN134]",
    "how-to/see-the-gates.md": "1/(1 - mean f)",
    "how-to/understand-an-error.md": "error[RNN202]",
    "reference/command-line.md": "Usage: rnnscope explain",
    "reference/json.md": '"schema": "rnnscope/1"',
    "tutorial/1-a-first-lstm.md": "(5, 3, 20) (1, 3, 20) (1, 3, 20)",
    "tutorial/2-batch-first.md": "[RNN301]",
    "tutorial/3-both-directions.md": "(3, 40) True",
    "tutorial/4-packing.md": "[RNN501]",
    "tutorial/5-the-state-between-batches.md": "+    state = tuple(part.detach() for",
    "tutorial/6-from-scratch.md": "same function: MyLSTM is LSTM(10, 20)",
}


def text(page: str) -> str:
    return PAGES[page].read_text(encoding="utf-8")


def test_every_page_with_blocks_is_expected_to_show_something() -> None:
    assert {page for page in PAGES if MARKED.search(text(page))} == set(SHOWN)


@pytest.mark.parametrize("page", SHOWN)
def test_the_blocks_of_a_page_run(page: str, tmp_path: Path) -> None:
    shown = ran(text(page), tmp_path)
    assert SHOWN[page] in shown.replace(text(page), "")
    assert not MARKED.search(shown)
    pictures = re.findall(r"!\[.+?\]\((.+?)\)", shown)
    assert [picture for picture in pictures if not (tmp_path / picture).exists()] == []


@pytest.mark.parametrize(
    ("block", "error"),
    [
        ("```python run\n1 / 0\n```", ZeroDivisionError),
        ("```console run\n$ rnnscope inspekt\n```", RuntimeError),
    ],
)
def test_a_block_that_is_wrong_stops_the_site(
    block: str, error: type[Exception], tmp_path: Path
) -> None:
    with pytest.raises(error):
        ran(block, tmp_path)


def test_every_rule_has_its_page_and_its_example_what_is_said_of_it(tmp_path: Path) -> None:
    pages = written()
    for rule in all_rules():
        assert pages[f"rules/{rule.code}.md"].startswith(f"# {rule.code} {rule.name}\n")
        assert f"({rule.code}.md)" in pages["rules/index.md"]
    shown = with_finding(pages["rules/RNN402.md"], rule_named("RNN402"), tmp_path)
    assert "warning[RNN402] last-step-of-both-directions\n" in shown
    assert "rnn402.py:4    logits = head(output[:, -1])  # RNN402\n" in shown


def test_links_of_the_repository_lead_somewhere_on_the_site() -> None:
    page = "[a](../SECURITY.md#b) [c](../rnnscope/api.py) [d](x.md) [e](https://f.org) ![g](h.svg)"
    led = "[a](SECURITY.md#b) c [d](x.md) [e](https://f.org) ![g](h.svg)"
    assert inward(page, Path("how-it-works.md")) == led
    assert inward("[a](docs/x.md)", Path("CHANGELOG.md")) == "[a](x.md)"
    assert inward("[a](../x.md)", Path("tutorial/y.md")) == "[a](../x.md)"


def test_every_public_name_is_in_the_reference() -> None:
    told = re.findall(r"^## (\w+)$", written()["reference/python.md"], re.M)
    assert {name for name in rnnscope.__all__ if name[0] != "_"} <= set(told)
    assert "### Report.to_text\n" in written()["reference/python.md"]


def test_every_page_has_its_place() -> None:
    placed = re.findall(r"'([^']+\.md)'", str(navigation()))
    assert sorted(placed) == sorted({*PAGES, *written()})


def test_links_lead_somewhere() -> None:
    there = {*PAGES, *written(), *(p.relative_to(DOCS).as_posix() for p in DOCS.glob("*.json"))}
    for page in PAGES:
        for link in re.findall(r"[^!]\[[^\]]+\]\(([^)#:]+)\)", text(page)):
            target = (PAGES[page].parent / link).resolve()
            outside = not target.is_relative_to(DOCS)
            assert target.exists() if outside else target.relative_to(DOCS).as_posix() in there


class Loaded(HTMLParser):
    """What a built page loads and where it leads."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.loads: set[str] = set()
        self.leads: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.loads |= {given[name] or "" for name in ("src",) if name in given}
        if tag == "link":
            self.loads.add(given["href"] or "")
        elif tag == "a" and "href" in given:
            self.leads.add((given["href"] or "").partition("#")[0])


def test_the_site_is_built_and_opens_from_a_disk(tmp_path: Path) -> None:
    pytest.importorskip("material")
    config = DOCS / "site" / "mkdocs.yml"
    command = [sys.executable, "-m", "mkdocs", "build", "-f", str(config), "-d", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "rules").glob("RNN*.html"))) == len(all_rules())
    for path in tmp_path.rglob("*.html"):
        if path.name == "404.html":  # a server's page, whose links are absolute
            continue
        page = Loaded(path.read_text(encoding="utf-8"))
        own = {link for link in page.leads if "://" not in link} - {""}
        assert not [link for link in page.loads if "//" in link]
        assert [link for link in page.loads | own if not (path.parent / link).exists()] == []
