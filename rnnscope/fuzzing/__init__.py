"""fuzz: configurations and calls without end, through predict, measure, reference and rules.

cases      a Case is one layer and one call; a Space says which ones are drawn
verdict    disagreements(case): what does not hold for it
coverage   how often each kind was drawn with each option
session    fuzz(): hypothesis draws, a failure is shrunk, several processes share the work
"""

from __future__ import annotations

from rnnscope.call import Call
from rnnscope.config import RNNConfig
from rnnscope.fuzzing.cases import PROFILES, Case, Space, cases
from rnnscope.fuzzing.coverage import Coverage
from rnnscope.fuzzing.session import Outcome, fuzz
from rnnscope.fuzzing.verdict import disagreements

__all__ = [
    "PROFILES",
    "Call",
    "Case",
    "Coverage",
    "Outcome",
    "RNNConfig",
    "Space",
    "cases",
    "disagreements",
    "fuzz",
]
