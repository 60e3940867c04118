"""fuzz beside loops that only build each layer and run it in torch."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from itertools import count, cycle

import torch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from benchmarks.ratio import Ratio
from rnnscope.fuzzing import Case, Space, fuzz
from rnnscope.measuring.random_run import random_arguments
from rnnscope.strategies import calls, configs

EXAMPLES = 400
ROUNDS = 15


def ratios() -> list[Ratio]:
    """Such cases in a bare loop; and a hypothesis test that draws, builds and runs."""
    return [
        Ratio("fuzz / such layers built and run in torch", checked(), bare(), 2.0, ROUNDS),
        Ratio("fuzz / hypothesis test that builds and runs", checked(), drawn_and_run(), 2.0, 7),
    ]


def checked() -> Callable[[], None]:
    """Other cases in every round: what rnnscope or torch keeps of the last ones is of no use."""
    seeds = count()
    return lambda: fuzz(Space(), examples=EXAMPLES, random_seed=next(seeds)) and None


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


def bare() -> Callable[[], None]:
    """No drawing at all: the cases of every round are there already, and none comes twice."""
    turns = cycle([drawn_cases(1000 + index) for index in range(ROUNDS + 1)])

    def loop() -> None:
        for case in next(turns):
            build_and_run(case)

    return one_thread(loop)


def drawn_cases(seed: int) -> list[Case]:
    """What fuzz draws from this seed, unchecked."""
    drawn: list[Case] = []
    fuzz(examples=EXAMPLES, random_seed=seed, check=lambda case: drawn.append(case) or ())
    return drawn


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
