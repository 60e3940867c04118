"""Which findings are wanted: ``# noqa`` in the code, --select and --ignore, ``[tool.rnnscope]``."""

from __future__ import annotations

import ast
import linecache
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from rnnscope.errors import TargetError, UnknownNameError
from rnnscope.findings import Finding, Location
from rnnscope.rules.merged import present
from rnnscope.rules.registry import all_rules
from rnnscope.sources import nodes

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# As flake8 reads the comment: alone it silences everything, with codes after a colon only these.
_NOQA = re.compile(
    r"#\s*noqa(?P<some>\s*:\s*(?P<codes>[A-Z][0-9A-Z]*(?:[,\s]+[A-Z]+[0-9]+)*))?", re.I
)
_KEYS = ("select", "ignore")
_BLOCKS = ("body", "orelse", "handlers", "finalbody", "cases")


@dataclass(frozen=True, slots=True)
class Selection:
    """Prefixes of codes to report (none: all of them) and to leave out; the longer one decides.

    >>> chosen = Selection(select=("RNN4",), ignore=("RNN40",))
    >>> chosen.wants("RNN411"), chosen.wants("RNN401"), chosen.wants("RNN202")
    (True, False, False)
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, select: Iterable[str] | None = None, ignore: Iterable[str] | None = None
    ) -> Selection:
        """Read prefixes as typed: ``"RNN2,RNN401"``, ``"all"``. Raises UnknownNameError."""
        return cls(_prefixes(select), _prefixes(ignore))

    @classmethod
    def configured(
        cls,
        select: Iterable[str] | None = None,
        ignore: Iterable[str] | None = None,
        folder: Path | None = None,
    ) -> Selection:
        """The same, with what the nearest pyproject.toml says where nothing was typed."""
        table = configuration(folder or Path.cwd())
        return cls.of(select or table.get("select"), ignore or table.get("ignore"))

    def wants(self, code: str) -> bool:
        """True when findings of this code are to be reported."""
        chosen, refused = _longest(self.select or ("",), code), _longest(self.ignore, code)
        return chosen is not None and (refused is None or chosen > refused)

    def keep(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings that are wanted and that no ``# noqa`` on their lines silences."""
        return tuple(f for f in findings if self.wants(f.code) and not silenced(f))


def _longest(prefixes: Sequence[str], code: str) -> int | None:
    return max((len(p) for p in prefixes if code.startswith(p)), default=None)


def _prefixes(typed: Iterable[str] | None) -> tuple[str, ...]:
    texts = [typed] if isinstance(typed, str) else list(typed or ())
    names = [name.upper() for text in texts for name in re.split(r"[,\s]+", text) if name]
    return tuple(_checked("" if name == "ALL" else name) for name in names)


def _checked(prefix: str) -> str:
    prefix = present(prefix)
    codes = [rule.code for rule in all_rules()]
    if any(code.startswith(prefix) for code in codes) or re.fullmatch(r"RNN\d{0,3}", prefix):
        return prefix
    raise UnknownNameError(
        f"no rule begins with {prefix!r}: give codes or their beginnings, such as RNN2,RNN401."
    )


def configuration(folder: Path) -> Mapping[str, Any]:
    """``[tool.rnnscope]`` of the nearest pyproject.toml, from this folder upwards.

    Raises TargetError for a file that is no TOML and for values of another type.
    """
    for place in (folder, *folder.parents):
        file = place / "pyproject.toml"
        if file.is_file():
            return _table(file)
    return {}


def _table(file: Path) -> Mapping[str, Any]:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {}).get("rnnscope", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TargetError(f"{file} cannot be read: {error}.") from None
    for key, value in table.items():
        _check_entry(file, key, value)
    return dict(table)


def _check_entry(file: Path, key: str, value: object) -> None:
    if key not in _KEYS:
        raise TargetError(
            f"{file}: [tool.rnnscope] has no option {key!r}: choose {' or '.join(_KEYS)}."
        )
    texts = value if isinstance(value, list) else [value]
    if not all(isinstance(text, str) for text in texts):
        raise TargetError(
            f"{file}: {key} = {value!r} is not possible: give a list of codes, such as "
            f'{key} = ["RNN9"].'
        )


def silenced(finding: Finding) -> bool:
    """True when a ``# noqa`` stands on a line of the finding's statement and covers its code."""
    places = {place for place in (finding.location, finding.shows) if place is not None}
    lines = ((place.file, n) for place in places for n in statement_lines(place))
    return any(_covers(linecache.getline(file, n), finding.code) for file, n in lines)


def _covers(line: str, code: str) -> bool:
    found = _NOQA.search(line)
    if found is None:
        return False
    if found["codes"] is None:
        return True
    parts = re.split(r"[,\s]+", found["codes"])
    return any(code.startswith(present(part.upper())) for part in parts)


def statement_lines(location: Location) -> range:
    """The lines of the innermost simple statement around a line; the line alone if unknown."""
    for first, last in _statements(location.file):
        if first <= location.line <= last:
            return range(first, last + 1)
    return range(location.line, location.line + 1)


@lru_cache(maxsize=64)
def _statements(file: str) -> tuple[tuple[int, int], ...]:
    """First and last line of every statement; of compound ones, of their head."""
    return tuple(_extent(node) for node in nodes(file, ast.stmt))


def _extent(node: ast.stmt) -> tuple[int, int]:
    inside = [child for name in _BLOCKS for child in getattr(node, name, [])]
    last = min((child.lineno - 1 for child in inside if hasattr(child, "lineno")), default=None)
    end = node.end_lineno or node.lineno
    return node.lineno, end if last is None else max(node.lineno, last)
