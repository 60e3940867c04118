"""For test suites: assert that a hand-written layer is the same function as torch's."""

from __future__ import annotations

from rnnscope.api import verify
from rnnscope.config import RNNConfig
from rnnscope.verified import Verified


def assert_equivalent(
    module: object,
    like: str | RNNConfig,
    *,
    arguments: str | None = None,
    mapping: str | None = None,
) -> Verified:
    """Raise AssertionError, with the whole report, unless ``module`` computes what ``like`` does.

    ``module`` is a class, an object or ``"file.py:Name"``. Returns what ``verify`` returns.

    >>> from torch import nn
    >>> assert_equivalent(nn.GRU, like="GRU(10, 20)").verdict
    'same'
    """
    report = verify(module, like, arguments=arguments, mapping=mapping)
    if not report.same:
        raise AssertionError(f"\n{report}")
    return report
