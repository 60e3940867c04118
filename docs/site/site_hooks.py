"""What mkdocs calls while it builds the documentation: some pages are written, all are run."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from textwrap import dedent
from typing import Any

from marked_blocks import inside, ran
from python_reference import reference

import rnnscope
from rnnscope.rules import Rule, all_rules, documentation
from rnnscope.rules.families import FAMILIES, family_of

DOCS = Path(__file__).resolve().parents[1]
BESIDE = ("CHANGELOG.md", "SECURITY.md")  # of the folder above
_LINK = re.compile(r"(?<![!`])\[([^][]+)\]\((?!https?:)([^)#\s]+)(#[^)\s]*)?\)")
PREAMBLE = """import torch
from torch import nn
import torch.nn.functional as F
from torch.nn.utils.rnn import *
"""


def written() -> dict[str, str]:
    """The pages that are in no file: the reference, the index of the rules, a page for each."""
    rules = {f"rules/{rule.code}.md": documentation.markdown(rule) for rule in all_rules()}
    return {
        "rules/index.md": documentation.index(),
        **rules,
        "reference/python.md": reference(),
        **{name: (DOCS.parent / name).read_text(encoding="utf-8") for name in BESIDE},
    }


def navigation() -> list[dict[str, Any]]:
    """The folders, the rules by family, and at the end whatever else there is."""
    placed = {"index.md", "how-it-works.md", "converters.md", "strategies.md"}
    more = sorted(page.name for page in DOCS.glob("*.md") if page.name not in placed)
    return [
        {"Home": "index.md"},
        {"Tutorial": _pages("tutorial")},
        {"How to": [*_pages("how-to"), "converters.md", "strategies.md"]},
        {"Rules": ["rules/index.md", *_families()]},
        {"Reference": [*_pages("reference"), "reference/python.md"]},
        {"How it works": ["how-it-works.md", *more, *BESIDE]},
    ]


def _pages(folder: str) -> list[str]:
    return sorted(f"{folder}/{page.name}" for page in (DOCS / folder).glob("*.md"))


def _families() -> Iterator[dict[str, list[str]]]:
    for prefix in FAMILIES:
        codes = [rule.code for rule in all_rules() if rule.code.startswith(prefix)]
        yield {f"{prefix}xx {family_of(prefix)}": [f"rules/{code}.md" for code in codes]}


def with_finding(page: str, rule: Rule, folder: Path) -> str:
    """A rule's page with what a watch says of its example."""
    path = folder / f"{rule.code.lower()}.py"
    said = _findings(dedent(rule.section("Example")).strip("\n"), path)
    told = f"## What rnnscope says\n\n```text\n{said}\n```\n\n" if said else ""
    return page.replace("## Use instead", f"{told}## Use instead")


def _findings(code: str, path: Path) -> str:
    """Nothing where the example is no program, or needs another machine."""
    if code.startswith("$") or "needs CUDA" in code:
        return ""
    path.write_text(f"{code}\n", encoding="utf-8")
    namespace: dict[str, Any] = {"__name__": "example"}
    exec(PREAMBLE, namespace)
    with inside(path.parent):
        with suppress(Exception), rnnscope.watch() as seen:
            exec(compile(code, str(path), "exec"), namespace)
        told = str(rnnscope.Report(findings=seen.findings)) if seen.findings else ""
    return told.replace(f"{path.parent}{os.sep}", "")


def inward(text: str, place: Path) -> str:
    """The page with links that lead somewhere on the site, too: to the code there are none."""
    folder = (DOCS / place).parent
    written_in = DOCS.parent if place.name in BESIDE else folder

    def led(match: re.Match[str]) -> str:
        words, path, anchor = match.groups("")
        target = Path(os.path.normpath(written_in / path))
        if target.parent == DOCS.parent and target.name in BESIDE:
            target = DOCS / target.name
        if not target.is_relative_to(DOCS):
            return words
        return f"[{words}]({Path(os.path.relpath(target, folder)).as_posix()}{anchor})"

    return _LINK.sub(led, text)


def on_config(config: Any) -> Any:
    """The navigation."""
    config["nav"] = navigation()
    return config


def on_files(files: Any, config: Any) -> Any:
    """The pages that are in no file."""
    from mkdocs.structure.files import File

    for path, text in written().items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """The page with what its blocks, or its rule's example, say; their pictures are beside it."""
    from mkdocs.structure.files import File

    place = Path(page.file.src_uri)
    rule = next((r for r in all_rules() if place == Path(f"rules/{r.code}.md")), None)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        text = with_finding(markdown, rule, folder) if rule else ran(markdown, folder)
        for path in folder.glob("*.svg"):
            drawn = (place.parent / path.name).as_posix()
            files.append(File.generated(config, drawn, content=path.read_bytes()))
    return inward(text, place)
