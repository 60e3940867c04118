"""The families of rules: the first digit of a code."""

from __future__ import annotations

FAMILIES = {
    "RNN1": "configuration, weights and checkpoints",
    "RNN2": "call: input and states",
    "RNN3": "axis flow",
    "RNN4": "reading the results",
    "RNN5": "packing and padding",
    "RNN6": "state across calls",
    "RNN7": "targets and loss",
    "RNN8": "hand-written cells",
    "RNN9": "cost and backends",
}


def family_of(code: str) -> str:
    """The family of a code.

    >>> family_of("RNN202")
    'call: input and states'
    """
    return FAMILIES.get(code[:4], "others")
