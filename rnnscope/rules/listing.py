"""The list of all rules, those in Python read without importing them: a fifth of the time."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from rnnscope.rules import pages
from rnnscope.rules.registry import FOLDER, files

_RULE = re.compile(
    r'^@rule\(\s*"(RNN\d+)",\s*"(.+?)",\s*Severity\.(\w+).*?"""(.*?)(?:"""|\n)', re.M | re.S
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A rule's line in the list."""

    code: str
    name: str
    severity: str
    summary: str


def listed() -> list[Listed]:
    """Every rule, in the order of the codes."""
    return [_page(file) if file in pages.files() else _python(file) for file in files()]


def _page(file: str) -> Listed:
    page = pages.page(file)
    return Listed(page.code, page.name, str(page.severity), page.documentation.partition("\n")[0])


def _python(file: str) -> Listed:
    with open(os.path.join(FOLDER, f"{file}.py"), encoding="utf-8") as text:
        code, name, severity, summary = _RULE.findall(text.read())[0]
    return Listed(code, name, severity.lower(), summary)
