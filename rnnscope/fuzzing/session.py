"""fuzz(): hypothesis draws cases until one does not hold, and makes that one as small as it can."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from math import ceil

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.errors import HypothesisException

from rnnscope.fuzzing.cases import CASES_PER_EXAMPLE, Case, Space, cases
from rnnscope.fuzzing.coverage import Coverage
from rnnscope.fuzzing.verdict import disagreements
from rnnscope.torch_import import import_torch

Check = Callable[[Case], tuple[str, ...]]
Listener = Callable[[Coverage], None]


@dataclass(frozen=True, slots=True)
class Failing:
    """A case that does not hold, and why."""

    case: Case
    reasons: tuple[str, ...]


@dataclass(slots=True)
class Outcome:
    """What was covered, and the smallest failing case if there was one."""

    coverage: Coverage = field(default_factory=Coverage)
    failing: Failing | None = None
    interrupted: bool = False


def fuzz(
    space: Space | None = None,
    *,
    examples: int = 500,
    random_seed: int = 0,
    listener: Listener | None = None,
    check: Check = disagreements,
) -> Outcome:
    """Check ``examples`` cases of ``space`` in this process, on one thread.

    The same seed draws the same cases. ``listener`` gets the coverage after every few cases.
    A KeyboardInterrupt ends it early; the outcome then holds what was checked so far.

    >>> fuzz(examples=20).coverage.examples
    20
    """
    run = _Run(Outcome(), examples, listener or (lambda coverage: None), check)
    try:
        with _one_thread():
            _drive(run, space or Space(), random_seed)
    except KeyboardInterrupt:
        run.outcome.interrupted = True
    return run.outcome


@dataclass(slots=True)
class _Run:
    outcome: Outcome
    examples: int
    listener: Listener
    check: Check
    right: set[Case] = field(default_factory=set)

    def __call__(self, drawn: list[Case]) -> None:
        coverage = self.outcome.coverage
        for case in drawn:
            if self.outcome.failing:
                # Hypothesis is shrinking: these cases are not counted, and most are old ones.
                if case not in self.right:
                    self._check(case)
                    self.right.add(case)
            elif coverage.examples < self.examples:
                coverage.add(case)
                self._check(case)
        self.listener(coverage)

    def _check(self, case: Case) -> None:
        reasons = self.check(case)
        if reasons:
            self.outcome.failing = Failing(case, reasons)
            raise _DisagreementError


class _DisagreementError(Exception):
    pass


def _drive(run: _Run, space: Space, random_seed: int) -> None:
    """Let hypothesis call ``run``; the last failing case that it tries is the smallest."""

    @seed(random_seed)
    @settings(
        max_examples=1 + ceil(run.examples / CASES_PER_EXAMPLE),  # the first one is a single case
        phases=(Phase.generate, Phase.shrink),
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
        deadline=None,
        database=None,
        print_blob=False,
        report_multiple_bugs=False,
    )
    @given(cases(space))
    def check_all(drawn: list[Case]) -> None:
        run(drawn)

    try:
        check_all()
    except (_DisagreementError, HypothesisException) as error:
        # A failure that does not come back is flaky to hypothesis, and still a failure.
        if run.outcome.failing is None:
            raise
        if isinstance(error, HypothesisException):
            reasons = (*run.outcome.failing.reasons, "it does not fail every time")
            run.outcome.failing = replace(run.outcome.failing, reasons=reasons)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Small layers run faster on one thread, and several processes do not share cores well."""
    torch = import_torch()
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
