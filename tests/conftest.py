"""What every test shares: the hypothesis profiles.

The normal run draws 100 examples a test, and 300 where a test asks for ``at_least(300)``.
``pytest --hypothesis-profile=thorough`` draws 5,000.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

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
