"""The last line of a run: what was found and what was watched, so that silence can be told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rnnscope.findings import Finding


@dataclass(frozen=True, slots=True)
class WatchSummary:
    """What was watched: layers by kind, training steps of all that there were, and what was not."""

    layers: Mapping[str, int]
    steps_watched: int
    steps: int
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The value of ``watched`` in the JSON schema."""
        return {
            "layers": dict(self.layers),
            "steps_watched": self.steps_watched,
            "steps": self.steps,
            "notes": list(self.notes),
        }

    def times(self, count: int) -> str:
        """In how many of the steps something came up; nothing of what is so once for all."""
        watched = self.steps_watched
        if count == 1 or watched == 0:
            return ""
        part = f"{count} of" if count < watched else "all"
        return f"in {part} {watched} steps watched"


def last_line(findings: Sequence[Finding], name: str, watched: WatchSummary) -> str:
    """What ends a report on standard error; ``name`` is what was run.

    >>> last_line((), "train.py", WatchSummary({"GRU": 2}, 32, 800))
    'rnnscope: 2 GRUs, 32 of 800 training steps watched, nothing found'
    """
    seen = [_layers(watched.layers), _steps(watched)]
    if not findings:
        words = ", ".join([*filter(None, seen), "nothing found"])
        return "; ".join([f"rnnscope: {words}", *watched.notes])
    words = ", ".join(filter(None, seen)) if watched.steps else _watched_alone(watched.layers)
    notes = [f"{note[:1].upper()}{note[1:]}." for note in (words, *watched.notes)]
    return " ".join([_found(findings, name), *notes])


def _found(findings: Sequence[Finding], name: str) -> str:
    counts = Counter(str(finding.severity) for finding in findings)
    return f"Found {_and([_plural(n, what) for what, n in sorted(counts.items())])} in {name}."


def _watched_alone(layers: Mapping[str, int]) -> str:
    return f"{_layers(layers)} {'watched' if any(layers.values()) else 'has run'}"


def _layers(layers: Mapping[str, int]) -> str:
    kinds = [_plural(count, kind) for kind, count in layers.items() if count]
    return _and(kinds) or "no recurrent layer"


def _steps(watched: WatchSummary) -> str:
    if not watched.steps:
        return ""
    part = f"{watched.steps_watched} of " if watched.steps_watched != watched.steps else ""
    return f"{part}{_plural(watched.steps, 'training step')} watched"


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _and(words: Sequence[str]) -> str:
    *first, last = words or ("",)
    return f"{', '.join(first)} and {last}" if first else last
