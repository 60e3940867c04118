"""What is said of a module as a whole: sentences, each with how it bodes."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.dependence.facts import Conduct, Dependence

Sentence = tuple[bool | None, str]  # True as one would wish, False not so, None neither


def in_brief(found: Dependence) -> Iterator[str]:
    """A part as one of several: its axes, and whether its halves are the whole."""
    yield f"{found.target}, axes by behaviour"
    for told in (*found.inputs, *found.results):
        way = "in " if told in found.inputs else "out"
        yield f"  {way}  {told.name} {told.shape}: {'; '.join(axis.words for axis in told.axes)}"
    yield from (f"       {words}" for _, words in _continued(found.conduct))


def sentences(found: Dependence) -> Iterator[Sentence]:
    """Everything that was tried, in the order in which one asks."""
    conduct = found.conduct
    yield from _repeated(conduct)
    yield from _continued(conduct)
    yield from _trained(conduct)
    yield from _padded(conduct, tuple(told.name for told in found.results))
    if conduct.cut:
        yield False, "the last step reads the first, but no gradient comes back: the graph is cut"
    elif conduct.cut is not None:
        yield True, "the gradient of the last step reaches the first"
    if not conduct.dtypes_kept:
        kinds = ", ".join(dict.fromkeys(told.dtype for told in found.results))
        yield False, f"{found.inputs[0].dtype} goes in, {kinds} comes out"
    if not conduct.device_kept:
        yield False, "results are on another device than the input"
    for note in conduct.notes:
        yield None, note


def _repeated(conduct: Conduct) -> Iterator[Sentence]:
    if conduct.kept:
        kept = ", ".join(f"self.{change}" for change in conduct.kept)
        yield None, f"keeps state between calls ({kept}); here every run began as new"
    if conduct.draws:
        yield None, "draws random numbers in evaluation mode; here each run drew the same ones"
    elif not conduct.deterministic:
        yield False, "two runs on the same input differ, and nothing was drawn from torch"
    else:
        yield True, "two runs on the same input give the same"


def _continued(conduct: Conduct) -> Iterator[Sentence]:
    states = ", ".join(conduct.states)
    how = f"with {states} handed on" if states else "one call after the other"
    if conduct.continues:
        yield True, f"two halves, {how}, are the whole"
    elif conduct.continues is False:
        by = f": they differ by {conduct.apart:.2g}" if conduct.apart is not None else ""
        yield False, f"two halves, {how}, are not the whole{by}"
    elif states:
        yield None, f"{states} can be given back, as a step of a loop does"


def _trained(conduct: Conduct) -> Iterator[Sentence]:
    if conduct.training_mixes:
        yield None, "in training mode samples see each other"
    elif conduct.training_differs:
        yield None, "training mode gives other results than evaluation"
    elif conduct.training_differs is False:
        yield True, "training and evaluation mode agree"


def _padded(conduct: Conduct, results: tuple[str, ...]) -> Iterator[Sentence]:
    for where, kept in (("behind", conduct.right), ("before", conduct.left)):
        if kept is None:
            continue
        by = f"padding {where} ({conduct.padded_by})"
        rest = [name for name in results if name not in kept]
        if kept:
            but = f", but {', '.join(rest)} changes" if rest else ""
            yield None, f"{by} leaves {', '.join(kept)} as it is{but}"
        else:
            yield None, f"{by} changes {', '.join(rest)}"
