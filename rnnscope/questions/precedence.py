"""What proofs add to the findings of a watch: findings of their own, or numbers beside a line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rnnscope.findings import Finding, Location, Related
from rnnscope.questions.inquiry import Fact
from rnnscope.rules import examine
from rnnscope.subjects.experiment_results import Disorder, Foresight, Leak, PaddingRead
from rnnscope.subjects.facts import (
    AxisSplit,
    AxisTorn,
    IdleWeights,
    IndexIsLength,
    LengthsDiffer,
    OthersTarget,
    PaddingFirst,
    SharesElsewhere,
    SliceRead,
    StateNeverHandedOn,
)

Found = dict[tuple[str, Location | None], Finding]

# A finding of one of these families is what the proof is about, and gets its numbers.
_ABOUT: dict[type, tuple[str, ...]] = {
    Leak: ("RNN3", "RNN207", "RNN221", "RNN222", "RNN102", "RNN401", "RNN402", "RNN7"),
    PaddingRead: ("RNN5",),
    Foresight: ("RNN7",),
    Disorder: ("RNN7",),
    # What a layer that steps along the wrong axis calls a step, or a sample, is none.
    SliceRead: ("RNN301", "RNN305", "RNN407", "RNN412"),
    AxisTorn: ("RNN3", "RNN4", "RNN7"),
    SharesElsewhere: ("RNN3",),
    OthersTarget: ("RNN2", "RNN3", "RNN4", "RNN5", "RNN7"),
    StateNeverHandedOn: ("RNN604",),
    IdleWeights: ("RNN604", "RNN608"),
}
# What is so because of a mistake is none of its own: behind a call that is given wrong lengths
# padding is read.
_BEHIND: dict[type, tuple[str, ...]] = {
    LengthsDiffer: ("RNN501",),
    IndexIsLength: ("RNN501",),
    PaddingFirst: ("RNN501",),
}


def verdicts(found: Found, proofs: Iterable[object], facts: Iterable[Fact] = ()) -> Found:
    """The findings with what the proofs say, in order: those known first, with numbers added."""
    known = dict(found)
    for proof in proofs:
        _settle(known, proof, None)
    for fact in sorted(facts, key=lambda fact: _rank(fact.subject)):
        _settle(known, fact.subject, fact.lines)
    return known


def _rank(subject: object) -> int:
    """Which of two facts is the other's cause, and comes first.

    A layer that steps along the samples has them where its steps are looked for, an axis that is
    split the other way round has other slices, and what is read of a layer makes predictions wrong.
    """
    if isinstance(subject, AxisSplit) or (isinstance(subject, Leak) and subject.recurrent):
        return 0
    return 1 if isinstance(subject, SliceRead) else 2


def _settle(known: Found, proof: object, lines: frozenset[Location] | None) -> None:
    """A finding of the same cause gets the proof's numbers; else the proof is one itself."""
    about = [key for key, finding in known.items() if _is_about(proof, finding, lines)]
    if about:
        known[about[0]] = _confirmed(known[about[0]], proof)
        return
    behind = _BEHIND.get(type(proof), ())
    for key, finding in list(known.items()):
        if finding.code in behind and finding.location in (lines or ()):
            del known[key]
    for finding in examine(proof):
        key = (finding.code, finding.location)
        if key not in known or (finding.severity.counts and not known[key].severity.counts):
            known[key] = finding


def _is_about(proof: object, finding: Finding, lines: frozenset[Location] | None) -> bool:
    if lines is not None:
        places = {finding.location, *(related.location for related in finding.related)}
        if lines.isdisjoint(places):
            return False
    return finding.severity.counts and finding.code.startswith(_ABOUT.get(type(proof), ("none",)))


def _confirmed(finding: Finding, proof: object) -> Finding:
    """The finding with the numbers that prove what it says, and the lines that the proof knows."""
    if isinstance(proof, Leak) and proof.batch is not None:
        finding = replace(finding, proof=proof.proof)
    if not isinstance(proof, (Leak, OthersTarget)):
        return finding
    places = {finding.location, *(related.location for related in finding.related)}
    found = examine(proof)
    told = [Related(f.location, "it shows here") for f in found if f.location is not None]
    told += [related for f in found for related in f.related]
    more = {related.location: related for related in told if related.location not in places}
    return replace(finding, related=(*finding.related, *more.values()))
