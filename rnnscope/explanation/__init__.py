"""What a tensor or parameter is, why it has its shape, and the proof.

parts       Explanation and what it is made of
names       what a person typed -> a Topic
code        how expressions about a layer are written
story       meaning, pieces, questions and answers
claims      what must be equal
recipes     one row for each sample, right and wrong
lines       the lines of the cell, with their shapes
bench       the real layer, on which claims are evaluated
telling     explain(), which gathers them
"""

from __future__ import annotations

from rnnscope.explanation.parts import (
    CellLine,
    Check,
    Claim,
    Explanation,
    Note,
    Piece,
    Recipe,
)
from rnnscope.explanation.telling import explain

__all__ = [
    "CellLine",
    "Check",
    "Claim",
    "Explanation",
    "Note",
    "Piece",
    "Recipe",
    "explain",
]
