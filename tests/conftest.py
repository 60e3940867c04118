"""What every test shares: the hypothesis profiles, and random streams that begin alike.

The normal run draws 100 examples a test, and 300 where a test asks for ``at_least(300)``.
``pytest --hypothesis-profile=thorough`` draws 5,000.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# Two processes of pytest share the cores, and tensors are small: threads of torch's would wait for
# each other most of the time, also in programs that are run. Read when torch is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# The machines that run the tests are shared: a deadline would measure the neighbours.
settings.register_profile("normal", deadline=None, max_examples=100, print_blob=True)
settings.register_profile(
    "thorough",
    deadline=None,
    max_examples=5000,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("normal")


def at_least(examples: int) -> settings:
    """Settings that draw this many examples, or more where the profile says more."""
    return settings(max_examples=max(examples, settings.default.max_examples))


@pytest.fixture
def seeded() -> Iterator[None]:
    """Random streams from 0; afterwards they are where they were."""
    import torch

    from rnnscope.measuring.randomness import preserved_randomness

    with preserved_randomness():
        random.seed(0)
        torch.manual_seed(0)
        yield
