"""``rnnscope run --diff`` and ``--fix``: repairs are tried, then shown as a diff or written."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from rnnscope.errors import OutputError
from rnnscope.findings import Edit, Finding
from rnnscope.running.distributed import World
from rnnscope.running.execution import INTERRUPTED
from rnnscope.running.output import reserve_standard_output
from rnnscope.running.script import Target
from rnnscope.running.watched_run import RunResult

if TYPE_CHECKING:
    from rnnscope.repair.trying import Trial


@dataclass(frozen=True)
class Repairing:
    """What is to become of the repairs of one run, and how to run its program again."""

    target: Target
    options: tuple[str, ...] = ()
    diff: bool = False
    fix: bool = False
    trying: bool = True
    stream: TextIO | None = None
    began: float = field(default_factory=time.time)
    folder: Path = field(default_factory=Path.cwd)

    @classmethod
    def of(
        cls, target: Target, selected: Sequence[str], diff: bool, fix: bool, trying: bool, name: str
    ) -> Repairing:
        """Before the program runs: a diff keeps standard output for itself. Raises OutputError."""
        if diff and name != "terminal":
            raise OutputError(f"--diff prints a diff, --format {name} something else: take one.")
        if (diff or fix) and World.of().size > 1:
            raise OutputError(
                "--diff and --fix run the program again, and one rank of several cannot: "
                "run it without torchrun."
            )
        stream = reserve_standard_output() if diff else None
        return cls(target, tuple(selected), diff, fix, trying, stream)

    def done(self, result: RunResult) -> RunResult:
        """The result with its repairs; where it was asked for they are tried, shown and written."""
        if not result.findings:
            return result
        from rnnscope.repair import completed

        findings = completed(result.findings)
        if not (self.diff or self.fix) or result.script_status == INTERRUPTED:
            return replace(result, findings=findings)
        if Path.cwd() != self.folder:  # relative names mean other files now
            print("rnnscope: no repair, the program changed the current folder.", file=sys.stderr)
            return replace(result, findings=findings)
        try:
            findings, edits = self._tried(findings, result)
            self._show_and_write(edits)
        except Exception as error:  # what was found is worth more than its repair
            print(f"rnnscope: no repair, {type(error).__name__}: {error}", file=sys.stderr)
        return replace(result, findings=findings)

    def _show_and_write(self, edits: Sequence[Edit]) -> None:
        from rnnscope.repair.files import diff

        if self.stream is not None:
            self.stream.write(diff(edits))
            self.stream.flush()
        if self.fix:
            self._write(edits)

    def _tried(
        self, findings: tuple[Finding, ...], result: RunResult
    ) -> tuple[tuple[Finding, ...], tuple[Edit, ...]]:
        from rnnscope.repair.trying import Ending, tried

        if not self.trying:
            return findings, _together(findings)
        outcome = result.outcome
        raised = (
            f"{outcome.exception}: {outcome.message}" if outcome and outcome.exception else None
        )
        former = Ending.before(findings, raised, result.script_status)
        return tried(findings, former, self._trial())

    def _trial(self) -> Trial:
        from rnnscope.repair.trying import Trial

        module = ("-m",) if self.target.module else ()
        words = (*self.options, *module, self.target.name, *self.target.arguments)
        return Trial(words, self.target.folder, time.time() - self.began)

    def _write(self, edits: Sequence[Edit]) -> None:
        from rnnscope.repair.files import write

        folders = Path(self.target.folder), Path.cwd()
        left = write(edits, folders, self.began)
        for sentence in left:
            print(f"rnnscope: {sentence}", file=sys.stderr)
        files = {edit.file for edit in edits}
        if len(files) > len(left):
            print(f"rnnscope: repaired {', '.join(sorted(files))}.", file=sys.stderr)


def _together(findings: Sequence[Finding]) -> tuple[Edit, ...]:
    """The edits of all repairs that leave each other's lines alone."""
    taken: list[Edit] = []
    for finding in findings:
        edits = finding.repair.edits if finding.repair else ()
        if not any(_touch(one, other) for one in edits for other in taken):
            taken += edits
    return tuple(taken)


def _touch(one: Edit, other: Edit) -> bool:
    same = one.file == other.file
    return same and one.line <= other.end_line and other.line <= one.end_line
