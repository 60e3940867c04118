"""What looks like a mistake and is not: small correct programs.

programs    IDIOMS, the decorator that adds to it, and batches of random samples
folding, lengths, states, loops, next_steps    the programs
"""

from __future__ import annotations

from idioms import folding, lengths, loops, next_steps, states
from idioms.programs import IDIOMS

__all__ = ["IDIOMS", "folding", "lengths", "loops", "next_steps", "states"]
