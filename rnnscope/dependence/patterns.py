"""The shape of a matrix of influence: a diagonal, a triangle, a band, stairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from statistics import median

from torch import Tensor


@dataclass(frozen=True, slots=True)
class Pattern:
    """Which steps a result step reads: up to ``back`` steps before it and ``ahead`` after it.

    None stands for all there are; with a ``stride`` the ``window`` is how many it reads in all.
    """

    how: str
    back: int | None = None
    ahead: int | None = None
    window: int | None = None
    stride: Fraction = Fraction(1)

    @property
    def diagonal(self) -> bool:
        """True when each step moves its own result alone."""
        return self.how == "pointwise" and self.stride == 1

    @property
    def one_way(self) -> bool:
        """True when steps reach only the later ones, or only the earlier ones."""
        return self.how in ("causal", "anti-causal")


def is_structured(matrix: Tensor) -> bool:
    """True when different input steps move different result steps: the two axes belong together."""
    alive = matrix[matrix.any(1)]
    if not len(alive) or bool(alive.all(1).all()):
        return False
    return len(alive) == 1 or bool((alive != alive[0]).any())


def pattern(matrix: Tensor, indices: Sequence[int], size: int) -> Pattern:
    """What a matrix[input step, result step] looks like; its rows are those of ``indices``."""
    pairs = [(indices[row], j) for row, j in matrix.nonzero().tolist()]
    stride = _stride(matrix) if len(indices) == size else Fraction(1)
    if stride > 1:
        return _pooled(matrix, stride)
    # Where an input step stands among the results, and how far from there it is read.
    back = max(int(j * stride) - i for i, j in pairs)
    ahead = max(i - int(j * stride) for i, j in pairs)
    how = _how(back > 0, ahead > 0)
    last = int((matrix.shape[1] - 1) * stride)
    later = {i: max(int(j * stride) - i for k, j in pairs if k == i) for i, _ in pairs}
    earlier = {i: max(i - int(j * stride) for k, j in pairs if k == i) for i, _ in pairs}
    return Pattern(
        how,
        back if _is_window([later[i] for i in later if i + back <= last], back) else None,
        ahead if _is_window([earlier[i] for i in earlier if i >= ahead], ahead) else None,
        stride=stride,
    )


def _is_window(reaches: list[int], most: int) -> bool:
    """True when several steps reach equally far; what only fades does not."""
    return most > 0 and len(reaches) > 2 and set(reaches) == {most}


def _how(back: bool, ahead: bool) -> str:
    if back and ahead:
        return "both"
    return "causal" if back else "anti-causal" if ahead else "pointwise"


def _pooled(matrix: Tensor, stride: Fraction) -> Pattern:
    spans = list(filter(None, _spans(matrix.t())))
    lows, highs = [low for low, _ in spans], [high for _, high in spans]
    if len(set(lows)) == 1 < len(set(highs)):
        return Pattern("causal", stride=stride)
    if len(set(highs)) == 1 < len(set(lows)):
        return Pattern("anti-causal", stride=stride)
    window = max(high - low + 1 for low, high in spans)
    return Pattern("both", window=window if window < len(matrix) else None, stride=stride)


def _stride(matrix: Tensor) -> Fraction:
    """How many input steps go for one result step; of more results than steps, one over it."""
    inputs, results = matrix.shape
    if inputs == results:
        return Fraction(1)
    spans = list(filter(None, _spans(matrix.t() if inputs > results else matrix)))
    edges = [[low for low, _ in spans], [high for _, high in spans]]
    steps = [[b - a for a, b in pairwise(e)] for e in edges]
    found = Fraction(max(1, *(round(median(s)) for s in steps if s), 1))
    return found if inputs > results else 1 / found


def _spans(matrix: Tensor) -> list[tuple[int, int] | None]:
    """The first and the last place of each row."""
    places = [row.nonzero().flatten().tolist() for row in matrix]
    return [(found[0], found[-1]) if found else None for found in places]
