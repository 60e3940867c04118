"""Arithmetic: is it the same function, and if not, which known mistake is it?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import torch

from rnnscope.config import RNNConfig
from rnnscope.verification.cell_mutants import Mistake, Step, mistakes
from rnnscope.verification.mapping import Block, Mapping
from rnnscope.verification.oracle import Function, Oracle
from rnnscope.verification.probe import Outcome, Probe, Weights, largest
from rnnscope.verification.runner import Runner
from rnnscope.verification.search import Search, baseline
from rnnscope.verification.wiring_mutants import WIRINGS, Stack, Wiring, possible


@dataclass(frozen=True)
class Hypothesis:
    """What a layer may compute: torch's function, or that of a known mistake."""

    function: Function
    kind: str = ""
    text: str = ""
    shown: str = ""
    fix: str | None = None

    @property
    def right(self) -> bool:
        """True for torch's own function."""
        return not self.kind


def hypotheses(oracle: Oracle) -> Iterator[Hypothesis]:
    """torch's function first, then each mistake by itself."""
    config = oracle.config
    yield Hypothesis(oracle)
    right = Step(config.cell.name, {}, config.nonlinearity)
    for mistake in mistakes(config.cell.name, config.nonlinearity):
        yield _of_mistake(config, mistake, Wiring())
    for wiring, kind, text, needs in WIRINGS:
        if possible(needs, config):
            yield Hypothesis(Stack(config, right, wiring), kind, text)


def pairs(config: RNNConfig) -> Iterator[Hypothesis]:
    """Two mistakes at once: one in the equations and one in the wiring, or two in the equations."""
    known = mistakes(config.cell.name, config.nonlinearity)
    for wiring, kind, text, needs in WIRINGS:
        if possible(needs, config):
            for mistake in known:
                both = _of_mistake(config, mistake, wiring)
                yield Hypothesis(
                    both.function, kind, f"{text}; and {mistake.text}", both.shown, both.fix
                )
    for k, one in enumerate(known):
        for other in known[k + 1 :]:
            if not set(one.lines) & set(other.lines):
                lines = {**one.lines, **other.lines}
                merged = Mistake(one.cell, lines, f"{one.text}; and {other.text}")
                yield _of_mistake(config, merged, Wiring())


def _of_mistake(config: RNNConfig, mistake: Mistake, wiring: Wiring) -> Hypothesis:
    step = Step(mistake.cell, mistake.lines)
    return Hypothesis(
        Stack(config, step, wiring), mistake.kind, mistake.text, mistake.shown(), mistake.repair()
    )


@dataclass(frozen=True, slots=True)
class Match:
    """A hypothesis that holds: with this mapping, the layer computes this function exactly."""

    hypothesis: Hypothesis
    mapping: Mapping
    difference: float
    missing: tuple[Block, ...]
    names: tuple[str, ...]


@dataclass
class Comparison:
    """A layer beside torch's on one probe: everything that the search of hypotheses needs."""

    runner: Runner
    oracle: Oracle
    probe: Probe
    given: bool
    tolerance: float
    fixed: Mapping | None = None

    @cached_property
    def base(self) -> Weights:
        """The weights at which every mapping is the same function."""
        return self.oracle.constant()

    @cached_property
    def seen(self) -> Outcome:
        """What the layer gives at these weights."""
        return self.runner(baseline(self.runner, self.oracle.config), self.probe, self.given)

    def __post_init__(self) -> None:
        self.names = self.returned

    @cached_property
    def returned(self) -> tuple[str, ...]:
        """The results that the layer returns at all."""
        return tuple(self.seen.tensors())

    def distance(self, hypothesis: Hypothesis) -> float:
        """How far the layer is from a hypothesis where the mapping does not matter."""
        try:
            expected = hypothesis.function(self.base, self.probe, self.given)
            wanted = expected.vector(self.names)
        except (RuntimeError, KeyError, TypeError):
            return float("inf")
        return largest(self.seen.vector(self.names), wanted)

    def match(self) -> Match | None:
        """The first hypothesis that the layer is, or None when it is none of them.

        One mistake that explains all results, or the output alone, goes before two at once.
        """
        found = self._first(hypotheses(self.oracle))
        if found is None and "output" in self.returned and len(self.returned) > 1:
            self.names = ("output",)
            found = self._first(hypotheses(self.oracle))
            self.names = self.returned
        return found or self._first(pairs(self.oracle.config))

    def _first(self, candidates: Iterator[Hypothesis]) -> Match | None:
        for hypothesis in candidates:
            if self.distance(hypothesis) <= self.tolerance:
                found = self.tried(hypothesis)
                if found is not None:
                    return found
        return None

    def tried(self, hypothesis: Hypothesis) -> Match | None:
        """Find the mapping under a hypothesis, and hold it against random weights."""
        mapping = self.search(hypothesis).run(self.fixed)
        if not hypothesis.right and not mapping.understood:
            return None
        missing = mapping.missing()
        weights = without(self.oracle.random(7), missing)
        try:
            expected = hypothesis.function(weights, self.probe, self.given)
            difference = largest(
                self.runner(self.own(mapping, weights), self.probe, self.given).vector(self.names),
                expected.vector(self.names),
            )
        except (RuntimeError, KeyError, TypeError):
            return None
        if difference > 10 * self.tolerance:
            return None
        needed = tuple(block for block in missing if self._felt(hypothesis, weights, block))
        if any(not block.tensor.startswith("bias") for block in needed):
            return None
        return Match(hypothesis, mapping, difference, needed, self.names)

    def search(self, hypothesis: Hypothesis) -> Search:
        """The search for the mapping under a hypothesis."""
        return Search(
            self.runner, hypothesis.function, self.base, self.oracle.shapes(), self.oracle.config,
            self.probe, self.given, self.names, self.tolerance,
        )  # fmt: skip

    def own(self, mapping: Mapping, weights: Weights) -> Weights:
        """The layer's parameters for torch's weights; parts without a block stay as they are."""
        return mapping.from_torch(weights, baseline(self.runner, self.oracle.config))

    def _felt(self, hypothesis: Hypothesis, weights: Weights, block: Block) -> bool:
        """Whether a block makes any difference to the results of a hypothesis."""
        noise = torch.ones(block.shape, dtype=self.probe.x.dtype, device=self.probe.x.device)
        changed = {**weights, block.tensor: block.added(weights[block.tensor], 0.3 * noise)}
        before = hypothesis.function(weights, self.probe, self.given).vector(self.names)
        after = hypothesis.function(changed, self.probe, self.given).vector(self.names)
        return largest(before, after) > self.tolerance


def without(weights: Weights, blocks: tuple[Block, ...]) -> Weights:
    """The weights with these blocks set to zero."""
    result = {name: value.clone() for name, value in weights.items()}
    for block in blocks:
        block.read(result[block.tensor]).zero_()
    return result


def first_difference(ours: Outcome, theirs: Outcome, tolerance: float) -> str:
    """Which result differs first: ``output at step 0``, or a state's slot."""
    a, b = ours.tensors(), theirs.tensors()
    for name in a:
        for index, (one, other) in enumerate(zip(a[name], b[name], strict=True)):
            distance = largest(one, other)
            if distance > tolerance:
                place = "step" if name == "output" else "slot"
                return f"{name} at {place} {index} by {distance:.2g}"
    return ""
