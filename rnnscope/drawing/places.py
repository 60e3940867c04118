"""Where everything in the picture of a network is: columns for steps, rows for lanes.

The widest label decides how far the columns are apart.
"""

from __future__ import annotations

from rnnscope.axes import shape_text
from rnnscope.drawing.network import Carry, Lane, Network, Rise
from rnnscope.drawing.scene import width_of

EDGE, CELL, SMALL = 16.0, 62.0, 11.0  # of the picture, of a cell, of a small text
RISE = 40.0  # from layer to layer
_ARROW = 40.0  # from the states outside to the first cell
_LEFT_OUT = 64.0  # the column of the steps that are left out, and below it the row of layers
_SPLIT, _BETWEEN, _JOIN, _SKIP = 18.0, 28.0, 34.0, 28.0
_SHIFT = 22.0  # of the cells of a direction from the middle of their column


class Places:
    """From left to right: ``centres`` of steps, ``gaps`` of steps left out, ``left`` and ``right``
    where the labels outside end and begin. From the top down: ``tops`` of the cells in each lane,
    ``exits`` above and ``entries`` below each layer, ``skips`` where some are left out (and how
    many), and the ``bottom``, where the input begins.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.config = network.facts.config
        self.shift = _SHIFT if self.config.bidirectional else 0.0
        self.cell_height = 44.0 if len(self.config.cell.states) == 1 else 60.0
        self.half = max(44.0, width_of(f"{self.config.output_size}:", SMALL) + 8)
        self.centres: dict[int, float] = {}
        self.gaps: list[float] = []
        self.left, self.right = self._columns()
        self.tops: dict[Lane, float] = {}
        self.entries: dict[int, float] = {}
        self.exits: dict[int, float] = {}
        self.skips: dict[float, int] = {}
        self.bottom = self._rows()

    def _columns(self) -> tuple[float, float]:
        network = self.network
        outer = max(width_of(f"{network.end_of(c)} ") + _width(c) for c in network.carries)
        left = EDGE + max(outer, width_of("layer 99 backward", SMALL)) + 6
        step, at = self._step(), left + _ARROW + CELL / 2 + self.shift
        for time in network.times:
            if time is None:
                self.gaps.append(at - step / 2 + _LEFT_OUT / 2)
                at += _LEFT_OUT
            else:
                self.centres[time] = at
                at += step
        return left, at - step + CELL / 2 + self.shift + _ARROW

    def _step(self) -> float:
        """From one column to the next: there is room for every label between them."""
        inner = [_width(c) for c in self.network.carries if None not in (c.start, c.end)]
        return max(
            CELL + 2 * self.shift + max(inner, default=0) + 26,
            max(map(_width, self.network.rises)) + self.shift + 24,
            self.half * 2 + 16,
            110,
        )

    def _rows(self) -> float:
        y = 50.0 if self.config.single_step else 30 + RISE
        above = 0
        for layer in reversed(self.network.layers):
            if layer is None:
                y += _SKIP + RISE
                continue
            if above > layer + 1:
                self.skips[y - RISE - _SKIP / 2] = above - layer - 1
            above = layer
            self.exits[layer] = y
            y += _JOIN if self.shift else 0
            for lane in reversed(self.network.lanes_of(layer)):
                self.tops[lane] = y
                y += self.cell_height + _BETWEEN
            y += (_SPLIT if self.shift else 0) - _BETWEEN
            self.entries[layer] = y
            y += RISE
        return y

    def middle(self, lane: Lane, time: int) -> float:
        """Of a cell, from left to right."""
        return self.centres[time] + (self.shift if lane.backward else -self.shift)

    def level(self, carry: Carry) -> float:
        """The height of a state's line: c above h, as a cell computes them."""
        return self.tops[carry.lane] + (16 if carry.letter == "c" else self.cell_height - 16)

    def ends(self, carry: Carry) -> tuple[float, float]:
        """Where a state's line begins and ends, from left to right or back."""
        sign = -1 if carry.lane.backward else 1
        first, last = (self.left, self.right) if sign > 0 else (self.right, self.left)
        start, end = carry.start, carry.end
        return (
            first if start is None else self.middle(carry.lane, start) + sign * CELL / 2,
            last if end is None else self.middle(carry.lane, end) - sign * CELL / 2,
        )

    def free(self, carry: Carry) -> float:
        """The middle of what an upright line of the other direction leaves of a state's line."""
        crossing = 2 * self.shift - CELL / 2 if self.shift else 0.0
        return (sum(self.ends(carry)) + (-crossing if carry.lane.backward else crossing)) / 2

    def column(self, time: int) -> float:
        """The middle of a step's column, or of the column of those left out."""
        return self.centres[time] if time in self.centres else self.gaps[0]


def _width(edge: Carry | Rise) -> float:
    return width_of(shape_text(edge.axes.shape))
