"""Rules that only hold a text: each ``.md`` file of this folder, read when it is asked for.

A page begins with a fenced block of lines ``key: value``; two blanks at the start of a line go on
with the value above. ``certain`` and ``general`` are wordings of torch, templates of
``rnnscope.messages``: the first kind is said of recurrent layers alone. ``message`` and ``fix`` say
what they mean, with ``{name}`` for what the wording, or another key, holds under that name. A blank
line begins another case, with wordings and words of its own; the keys of the first hold for all.
Below the block stands what a rule in Python has in its docstring.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from rnnscope.findings import Severity

FOLDER = os.path.dirname(__file__)  # and no pathlib: it takes longer than the pages
_HOLE = re.compile(r"\{(\w+)\}")
_FENCE = re.compile(r"^```.*\n", re.M)


@dataclass(frozen=True, slots=True)
class Wording:
    """One text of torch, and what a page says to it: see ``rnnscope.messages`` for the template."""

    code: str
    template: str
    general: bool
    message: str
    fix: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """A rule that is a text. ``keys`` are those of its first case, which hold for all ``cases``."""

    code: str
    name: str
    severity: Severity
    keys: Mapping[str, str]
    cases: tuple[str, ...]
    documentation: str

    def wordings(self) -> Iterator[Wording]:
        """What torch says, from the first to the last."""
        for case in map(entries, self.cases):
            keys = {**self.keys, **dict(case)}
            message, fix = (filled(keys.get(key, ""), keys) for key in ("message", "fix"))
            for key, template in case:
                if key in ("certain", "general"):
                    yield Wording(self.code, template, key == "general", message, fix or None)


def entries(case: str) -> list[tuple[str, str]]:
    """The keys and values of one case, in their order: a wording may come more than once.

    >>> entries("general: index out of range\\n  in self\\nfix: x")
    [('general', 'index out of range in self'), ('fix', 'x')]
    """
    lines = (line.partition(":") for line in case.replace("\n  ", " ").splitlines())
    return [(key, value.strip()) for key, _, value in lines]


def filled(text: str, values: Mapping[str, str]) -> str:
    """Put values into the holes that they have a name for, and leave the others.

    >>> filled("{got} of {all} steps", {"got": " 3 "})
    '3 of {all} steps'
    """
    return _HOLE.sub(lambda hole: values.get(hole[1], hole[0]).strip(), text)


@cache
def page(file: str) -> Page:
    """The page in ``rnn551_lengths_not_sorted.md``, named without its ending."""
    with open(os.path.join(FOLDER, f"{file}.md"), encoding="utf-8") as text:
        _, head, body = text.read().split("```", 2)
    cases = tuple(head.partition("\n")[2].split("\n\n"))
    keys = dict(entries(cases[0]))
    code, name = named(file)
    return Page(code, name, Severity(keys["severity"]), keys, cases, _FENCE.sub("", body).strip())


def named(file: str) -> tuple[str, str]:
    """The code and the name of a page, which its file carries.

    >>> named("rnn551_lengths_not_sorted")
    ('RNN551', 'lengths-not-sorted')
    """
    code, _, name = file.partition("_")
    return code.upper(), name.replace("_", "-")


@cache
def files() -> tuple[str, ...]:
    """The names of all pages, without their ending."""
    return tuple(sorted(name[:-3] for name in os.listdir(FOLDER) if name.endswith(".md")))
