"""fuzz beside loops that only build each layer and run it in torch."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import torch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from benchmarks.ratio import Ratio
from rnnscope.fuzzing import Case, Space, fuzz
from rnnscope.measuring.trial import random_arguments
from rnnscope.strategies import calls, configs

EXAMPLES = 400


def ratios() -> list[Ratio]:
    """The same cases in a bare loop; and a hypothesis test that draws, builds and runs."""
    drawn: list[Case] = []
    fuzz(examples=EXAMPLES, check=lambda case: drawn.append(case) or ())
    checked = lambda: fuzz(Space(), examples=EXAMPLES)  # noqa: E731
    return [
        Ratio("fuzz / the same layers built and run in torch", checked, bare(drawn), 2.0, 7),
        Ratio("fuzz / hypothesis test that builds and runs", checked, drawn_and_run(), 2.0, 7),
    ]


def build_and_run(case: Case) -> None:
    """What a user's own loop would do."""
    case.config.build()(*random_arguments(case.config, case.call, case.seed))


def one_thread(run: Callable[[], None]) -> Callable[[], None]:
    """On one thread, as fuzz does it; torch's advice about small layers is not of interest."""

    def quiet() -> None:
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            run()
        torch.set_num_threads(before)

    return quiet


def bare(cases: list[Case]) -> Callable[[], None]:
    """No drawing at all: the cases are there already."""

    def loop() -> None:
        for case in cases:
            build_and_run(case)

    return one_thread(loop)


def drawn_and_run() -> Callable[[], None]:
    """A property test as one writes it: layer and call drawn, built and run."""
    pairs = configs(max_dropout=0.5).flatmap(
        lambda config: st.tuples(st.just(config), calls(config))
    )

    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(pairs)
    def check(pair: tuple) -> None:
        build_and_run(Case(*pair))

    return one_thread(check)
