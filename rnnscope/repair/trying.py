"""Repairs are tried: the repaired program runs in a copy of its folder, in a process of its own.

Nothing of the user's is touched, and what the copy prints is thrown away. A repair is good when
the program ends as well as before or better, the finding is gone, and no other one came.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

from rnnscope.findings import Edit, Finding
from rnnscope.repair import repair_of
from rnnscope.repair.code import line_of
from rnnscope.repair.edits import applied
from rnnscope.repair.files import composed, read, write_text
from rnnscope.repair.table import suggestions

_MOST_SUGGESTIONS = 6  # programs that are run for one finding
_MOST_ROUNDS = 2  # what a mistake hides is seen once that one is repaired
_MOST_FILES, _MOST_BYTES = 3000, 300_000_000  # what is copied to try a repair
_LEFT_OUT = shutil.ignore_patterns(".git", "__pycache__", ".venv", "venv", "node_modules")
_PATIENCE = 30.0  # seconds that a run may take beside a multiple of the first one


@dataclass(frozen=True, slots=True)
class Trial:
    """How the program was started, and how long it may take: what ``rnnscope run`` was given."""

    arguments: tuple[str, ...]
    script_folder: str
    seconds: float

    def run(self, edits: Sequence[Edit]) -> Ending | None:
        """The repaired program's end; None where it cannot be copied or took too long."""
        roots = _roots(Path.cwd(), Path(self.script_folder).resolve())
        if not all(map(_is_small, roots)):
            return None
        with tempfile.TemporaryDirectory(prefix="rnnscope-") as folder:
            copies = {root: Path(folder, str(number)) for number, root in enumerate(roots)}
            for root, copy in copies.items():
                shutil.copytree(root, copy, ignore=_LEFT_OUT, symlinks=True)
            for file in {edit.file for edit in edits}:
                text, encoding = read(file)
                own = [edit for edit in edits if edit.file == file]
                write_text(_moved(Path(file).resolve(), copies), applied(text, own), encoding)
            words = [_moved_word(word, copies) for word in self.arguments]
            places = os.environ.get("PYTHONPATH", "").split(os.pathsep)
            path = os.pathsep.join(_moved_word(place, copies) for place in places)
            return self._ending(words, _moved(Path.cwd(), copies), path)

    def _ending(self, words: list[str], folder: Path, path: str) -> Ending | None:
        program = (
            f"import sys; sys.path[0] = {str(Path(__file__).parents[2])!r}; "
            "from rnnscope.cli import main; main()"
        )
        command = [sys.executable, "-c", program, "run", "--format", "json", *words]
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env={**os.environ, "PYTHONPATH": path},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=_PATIENCE + 4 * self.seconds,
                check=False,
            )
            return Ending.of(json.loads(done.stdout))
        except (subprocess.TimeoutExpired, ValueError):
            return None


@dataclass(frozen=True, slots=True)
class Ending:
    """What was found in a run, by code and line with its repair, and how the program ended."""

    found: tuple[tuple[str, int, tuple[Edit, ...]], ...]
    exception: str | None
    status: int

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Ending:
        """Read off what ``rnnscope run --format json`` prints."""
        outcome = data["outcome"]
        raised = outcome["exception"]
        exception = f"{raised['type']}: {raised['message']}" if raised else None
        counted = [f for f in data["findings"] if f["severity"] != "hint"]
        found = tuple((f["code"], (f["location"] or {}).get("line", 0), _edits(f)) for f in counted)
        return cls(found, exception, outcome["status"])

    @classmethod
    def before(cls, findings: Sequence[Finding], exception: str | None, status: int) -> Ending:
        """The same of the run that the findings are of."""
        counted = [f for f in findings if f.severity.counts]
        return cls(tuple((f.code, line_of(f), ()) for f in counted), exception, status)

    @property
    def codes(self) -> Counter[str]:
        """How often each code was found."""
        return Counter(code for code, _, _ in self.found)

    def cures(self, code: str, former: Ending) -> bool:
        """True when this code came up less often than before, no other more often, and it ran."""
        ran = self.exception is None or self.exception == former.exception
        well = self.status == 0 or self.status == former.status
        others = all(count <= former.codes[name] for name, count in self.codes.items())
        return ran and well and others and self.codes[code] < former.codes[code]

    def further(self, former: Ending) -> tuple[Edit, ...]:
        """The repair of what is found now and was not before: the next line of the same mistake."""
        known = {(code, line) for code, line, _ in former.found}
        new = (edits for code, line, edits in self.found if edits and (code, line) not in known)
        return next(new, ())


def _edits(finding: Mapping[str, Any]) -> tuple[Edit, ...]:
    edits = tuple(Edit(**edit) for edit in (finding.get("repair") or {"edits": ()})["edits"])
    return () if any(os.path.isabs(edit.file) for edit in edits) else edits


def tried(
    findings: Sequence[Finding], former: Ending, trial: Trial
) -> tuple[tuple[Finding, ...], tuple[Edit, ...]]:
    """The findings with the repairs that were seen to work, and all their edits together."""
    accepted: tuple[Edit, ...] = ()
    kept = [replace(finding, repair=None) for finding in findings]
    for _ in range(_MOST_ROUNDS):
        known = accepted
        for number, finding in enumerate(findings):
            if kept[number].repair or former.codes[finding.code] == 0:  # gone with another one's
                continue
            cure = _cure(finding, accepted, former, trial)
            if cure is not None:
                (edits, accepted), former = cure[:2], cure[2]
                kept[number] = replace(finding, repair=repair_of(edits, tried=True))
        if accepted == known or len(findings) == 1:
            break
    return tuple(kept), accepted


_Cure: TypeAlias = tuple[tuple[Edit, ...], tuple[Edit, ...], Ending]


def _cure(
    finding: Finding, accepted: tuple[Edit, ...], former: Ending, trial: Trial
) -> _Cure | None:
    """The first edits that cure a finding, those of all so far with them, and the new ending."""
    further: tuple[tuple[Edit, ...], tuple[Edit, ...]] | None = None
    for suggestion in islice(suggestions(finding), _MOST_SUGGESTIONS):
        edits = suggestion.edits
        ending = _outcome(trial, (*accepted, *edits))
        if ending is not None and ending.cures(finding.code, former):
            return edits, (*accepted, *edits), ending
        if ending is not None and further is None:
            further = edits, ending.further(former)
    if further is None or not further[1] or accepted:
        return None
    edits = composed(*further)
    ending = _outcome(trial, edits)
    return (edits, edits, ending) if ending and ending.cures(finding.code, former) else None


def _outcome(trial: Trial, edits: tuple[Edit, ...]) -> Ending | None:
    """The end of one trial; edits that are about the same place are never run."""
    try:
        return trial.run(edits)
    except (ValueError, OSError, shutil.Error):
        return None


def _roots(*folders: Path) -> list[Path]:
    """The folders to copy: none of them inside of another."""
    outer = sorted(set(folders), key=lambda folder: len(folder.parts))
    return [f for n, f in enumerate(outer) if not any(f.is_relative_to(o) for o in outer[:n])]


def _is_small(folder: Path) -> bool:
    """True for a folder that can be copied in a moment."""
    files = size = 0
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _LEFT_OUT(place, folders)]
        files += len(names)
        size += sum(os.lstat(os.path.join(place, name)).st_size for name in names)
        if files > _MOST_FILES or size > _MOST_BYTES:
            return False
    return True


def _moved(path: Path, copies: Mapping[Path, Path]) -> Path:
    """The same file in the copy of its folder. Raises ValueError for one that is in none."""
    for root, copy in copies.items():
        if path.is_relative_to(root):
            return copy / path.relative_to(root)
    raise ValueError(f"{path} is in none of the folders that were copied")


def _moved_word(word: str, copies: Mapping[Path, Path]) -> str:
    """An argument that is an absolute path into a copied folder leads into the copy."""
    if not os.path.isabs(word):
        return word
    try:
        return str(_moved(Path(word).resolve(), copies))
    except ValueError:
        return word
