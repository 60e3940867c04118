"""Settling on a convention: which way of calling the layer is the one that it means."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import nn

from rnnscope.verification.conventions import (
    Convention,
    Misread,
    Order,
    Signature,
    Style,
    conventions,
)
from rnnscope.verification.hypotheses import hypotheses
from rnnscope.verification.layouts import STACKED
from rnnscope.verification.module_snapshot import write
from rnnscope.verification.oracle import Oracle
from rnnscope.verification.probe import Draw, Outcome, Probe, largest, push
from rnnscope.verification.returns import Reading
from rnnscope.verification.runner import Runner
from rnnscope.verification.search import baseline
from rnnscope.verification.target import said


@dataclass(frozen=True, slots=True)
class Attempt:
    """A convention that works: what came back with the states given, or left out.

    ``carries`` says that a change of an early step reaches the later ones.
    """

    convention: Convention
    given: bool
    reading: Reading
    score: int
    carries: bool


@dataclass(frozen=True, slots=True)
class Settled:
    """The convention that was chosen, whether states may be left out, or why none works."""

    attempt: Attempt | None
    omittable: bool = False
    error: str | None = None
    misreads: tuple[tuple[Convention, Misread], ...] = ()


def settle(runner: Runner, oracle: Oracle, probe: Probe, tolerance: float, order: Order) -> Settled:
    """Try every convention on the neutral weights and choose the one that fits best.

    One whose results are those of a known function is taken at once. Otherwise the one along whose
    time axis something moves from step to step, and not from sample to sample. ``order`` says
    which of them is likelier.
    """
    function = runner.layer.forward if isinstance(runner.layer, nn.Module) else runner.function
    signature = Signature.of(function)
    known = _Known(oracle, probe)
    attempts: list[Attempt] = []
    error: str | None = None
    misreads: list[tuple[Convention, Misread]] = []
    turn = order.after(_speaks_of_a_step(runner))
    for convention in conventions(signature, probe, turn):
        try:
            attempts.append(_attempt(runner, oracle, probe, convention, known, tolerance))
        except Misread as misread:
            misreads.append((convention, misread))
        except Exception as problem:
            error = error or said(problem)
        if attempts and attempts[-1].score >= EXACT and attempts[-1].given:
            break
    if not attempts:
        return Settled(None, error=error, misreads=tuple(misreads))
    best = _best(attempts, signature.speaks_of_states, turn.single_step)
    runner.convention = best.convention
    return Settled(best, omittable(runner, probe, signature, best))


def _best(attempts: list[Attempt], takes_states: bool, single_step: bool) -> Attempt:
    """The attempt with the most points, the first of equals.

    A layer that runs over whole sequences is not judged by its single steps, and one that is
    right without states, and takes an argument called like a state, by what it does with one.
    """
    best = max(attempts, key=lambda attempt: attempt.score)
    sequences = [a for a in attempts if a.convention.style.sequence and a.carries]
    if best.convention.style.stepwise and sequences and not single_step:
        best = max(sequences, key=lambda attempt: attempt.score)
    if takes_states and not best.given:
        others = [a for a in attempts if a.given and a.convention.style is best.convention.style]
        return max(others, key=lambda attempt: attempt.score, default=best)
    return best


EXACT = 100  # points: more than all that likeness to known mistakes can add up to


def _speaks_of_a_step(runner: Runner) -> bool:
    """Whether the class speaks of a single step: its name ends in Cell."""
    return type(runner.layer).__name__.casefold().rstrip("0123456789").endswith("cell")


def _attempt(
    runner: Runner, oracle: Oracle, probe: Probe, convention: Convention, known: _Known,
    tolerance: float,
) -> Attempt:  # fmt: skip
    given = convention.passing is not None
    write(runner.weights, baseline(runner, oracle.config))
    with torch.no_grad():
        reading = runner.read(probe, given, convention)
    score, carries = known.score(reading.outcome, given, tolerance), True
    if score < EXACT:
        points, carries = _movement(runner, probe, convention)
        score += points
    return Attempt(convention, given, reading, score, carries)


class _Known:
    """The results of every hypothesis at the neutral weights, each computed when asked for."""

    def __init__(self, oracle: Oracle, probe: Probe) -> None:
        self.hypotheses = list(hypotheses(oracle))
        self.base, self.probe = oracle.constant(), probe
        self.outcomes: dict[tuple[int, bool], Outcome] = {}

    def score(self, outcome: Outcome, given: bool, tolerance: float) -> int:
        """How good a result is: EXACT for torch's own, a few points for a known mistake's."""
        for index in range(len(self.hypotheses)):
            if _same(outcome, self.outcome(index, given), tolerance):
                return EXACT + given if index == 0 else 4
        return 0

    def outcome(self, index: int, given: bool) -> Outcome:
        """The results of one hypothesis; none where its sizes do not fit."""
        if (index, given) not in self.outcomes:
            try:
                found = self.hypotheses[index].function(self.base, self.probe, given)
            except (RuntimeError, KeyError, TypeError):
                found = Outcome()
            self.outcomes[index, given] = found
        return self.outcomes[index, given]


def _same(ours: Outcome, theirs: Outcome, tolerance: float) -> bool:
    expected = theirs.tensors()
    return all(
        name in expected and largest(value, expected[name]) <= tolerance
        for name, value in ours.tensors().items()
    )


def _movement(runner: Runner, probe: Probe, convention: Convention) -> tuple[int, bool]:
    """Points for what moves, on random weights, when the first step of one sample changes."""
    given = convention.passing is not None
    draw = Draw(probe.config, 13)
    drawn = {name: 0.3 * draw(*t.shape).to(t.dtype) for name, t in runner.weights.items()}
    write(runner.weights, drawn)
    with torch.no_grad():
        before = runner.read(probe, given, convention).outcome
    x = probe.x.clone()
    x[0, 1] += push(x)
    tokens = probe.tokens
    if tokens is not None:
        tokens = tokens.clone()
        tokens[0, 1] += 1
    with torch.no_grad():
        after = runner.read(replace(probe, x=x, tokens=tokens), given, convention).outcome
    if before.output is None or after.output is None:
        return 4 + given, True
    moved = (after.output - before.output).abs().amax(-1) > 1e-12
    others = [sample for sample in range(probe.batch) if sample != 1]
    along_time, across = bool(moved[1:, 1].any()), bool(moved[:, others].any())
    complete = sum(value is not None for value in (before.h_n, before.c_n))
    usual = convention.style.sequence and (
        convention.passing is None or convention.passing.form == STACKED
    )
    return 10 * along_time + 5 * (not across) + 2 * given + complete + 5 * usual, along_time


def omittable(runner: Runner, probe: Probe, signature: Signature, chosen: Attempt) -> bool:
    """Whether the layer can be called without states."""
    if signature.required or chosen.convention.style.stepwise:
        return False
    try:
        with torch.no_grad():
            runner.read(probe, False)
    except Exception:
        return False
    return True


__all__ = ["Attempt", "Settled", "Style", "settle"]
