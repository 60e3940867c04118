"""The inside of one cell as a scene: a card for each gate, how they meet, the equations beside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rnnscope.axes import Axes, Axis, Role, Size, shape_text
from rnnscope.cells import Gate
from rnnscope.drawing.scene import (
    Box,
    Group,
    Label,
    Line,
    Mark,
    Scene,
    Word,
    numbers,
    width_of,
)
from rnnscope.equations import equations_of
from rnnscope.facts import LayerFacts, ParameterFact

_EDGE, _SMALL, _ROW, _NODE = 16.0, 11.0, 17.0, 10.0
# From left to right: as the lines of the state meet them, so that none cross.
_ORDER = {"LSTM": "figo", "GRU": "zrn", "RNN": "h"}
_BESIDE = 64.0  # between a GRU's r and n: the arrow with which r acts on n
_STATE, _MEETING, _CARDS = 58.0, 114.0, 168.0  # heights: the state's line, the products, the cards
_CARDS_ALONE = 84.0  # of a plain RNN, in which nothing meets


def inside(facts: LayerFacts, layer: int = 0, direction: str = "forward") -> Scene:
    """The cell of one layer and direction, with the shapes of this call."""
    return _Inside(facts, layer, direction).scene()


@dataclass(frozen=True, slots=True)
class _Card:
    """One gate: its block of each parameter, and where it stands."""

    gate: Gate
    kind: str
    blocks: tuple[tuple[str, Axes], ...]
    x: float
    width: float

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    @property
    def right(self) -> float:
        return self.x + self.width


class _Inside:
    """Places the cards, then the wires between them, for each kind of cell its own."""

    def __init__(self, facts: LayerFacts, layer: int, direction: str) -> None:
        self.facts, self.layer, self.direction = facts, layer, direction
        self.config = facts.config
        self.cell = facts.config.cell
        self.own = [p for p in facts.parameters if (p.layer, p.direction) == (layer, direction)]
        self.names = frozenset(p.name for p in self.own)
        self.before = "t+1" if direction == "backward" else "t-1"
        widest = max(self._width(self._state(letter)) for letter in "hcx")
        self.left = _EDGE + width_of("h_(t-1) ") + widest + 44
        self.cards = {card.gate.letter: card for card in self._placed()}
        self.top = _CARDS if self.cell.gate_multiple > 1 else _CARDS_ALONE
        rows = max(len(card.blocks) for card in self.cards.values())
        self.bottom = self.top + 44 + _ROW * rows
        self.right = max(card.right for card in self.cards.values()) + 28 + self._projected()

    def scene(self) -> Scene:
        wires = {"LSTM": self._lstm, "GRU": self._gru, "RNN": self._rnn}[self.cell.name]
        groups = [self._caption(), *self._inputs(), *wires()]
        groups += [self._card(card) for card in self.cards.values()]
        groups.append(self._equations())
        labels = [m for g in groups for m in g.marks if isinstance(m, Label)]
        width = max(label.bounds[2] for label in labels) + _EDGE
        height = max(self.bottom + 70, max(label.y for label in labels) + 16)
        words = "; ".join(self._lines())
        title = f"Inside the {self.cell.name} cell"
        return Scene(width, height, tuple(groups), title, f"{title}: {words}.")

    def _placed(self) -> Iterator[_Card]:
        gates = [gate.letter for gate in self.cell.gates]
        blocks = {letter: tuple(self._blocks(gates.index(letter))) for letter in gates}
        width = max(
            *(
                width_of(f"{name} ") + self._width(axes)
                for b in blocks.values()
                for name, axes in b
            ),
            *(width_of(gate.name) + 28 for gate in self.cell.gates),
        )
        x = self.left
        for letter in _ORDER[self.cell.name]:
            position = gates.index(letter)
            card = _Card(
                self.cell.gates[position], f"gate-{position}", blocks[letter], x, width + 24
            )
            yield card
            x = card.right + (_BESIDE if letter == "r" else 18)

    def _blocks(self, position: int) -> Iterator[tuple[str, Axes]]:
        """Each parameter's rows of one gate; a GRU's n keeps apart what r acts on."""
        stacked = [p for p in self.own if p.rows]
        if self.cell.gates[position].letter == "n":
            stacked.sort(key=lambda p: "_hh" in p.name)
        for parameter in stacked:
            rows = parameter.rows[position]
            height = Axis(Role.GATES, Size("H_cell", rows.stop - rows.start))
            yield rows.block, Axes((height, *tuple(parameter.axes)[1:]))

    def _state(self, letter: str) -> Axes:
        """One step of a state, or of what a layer reads for x: samples and a width."""
        batch = self.facts.call.batch
        samples = (Axis(Role.BATCH, Size("N", batch)),) if self.facts.call.batched else ()
        width = self.config.output_size if letter == "h" else self.config.hidden_size
        width = self.config.input_size_of(self.layer) if letter == "x" else width
        return Axes((*samples, Axis(Role.FEATURE, Size("H", width))))

    def _width(self, axes: Axes) -> float:
        return width_of(shape_text(axes.shape))

    def _projection(self) -> ParameterFact | None:
        return next((p for p in self.own if p.name.startswith("weight_hr")), None)

    def _projected(self) -> float:
        """How much wider the way of h is with a projection in it."""
        found = self._projection()
        return self._width(found.axes) + width_of("W_hr ") + 44 if found else 0.0

    def _caption(self) -> Group:
        place = "" if self.config.single_step else f", layer {self.layer} {self.direction}"
        words = (Word(f"Inside the cell{place}"),)
        return Group("text", (Label(_EDGE, 18, words, kind="title"),))

    def _lines(self) -> list[str]:
        """The equations; a backward step comes after the next one in time."""
        return [line.replace("t-1", self.before) for line in equations_of(self.config)]

    def _equations(self) -> Group:
        kinds = {f"{card.gate.letter}_t": card.kind for card in self.cards.values()}
        outer = width_of("h_t ") + self._width(self._state("c"))
        x = self.right + outer + 40
        marks: list[Mark] = []
        for row, line in enumerate(self._lines()):
            y = _STATE + 4 + 24 * row
            if kind := kinds.get(line.partition(" = ")[0], ""):
                marks.append(Box(x, y - 11, 14, 14, kind, 3))
            marks.append(Label(x + 22, y, (Word(line),)))
        return Group("text", tuple(marks))

    def _card(self, card: _Card) -> Group:
        gate, middle = card.gate, card.middle
        activation = gate.activation.replace("nonlinearity", self.config.nonlinearity or "")
        marks: list[Mark] = [Box(card.x, self.top, card.width, self.bottom - self.top, card.kind)]
        if gate.letter == "n":
            height = _ROW * (2 if self.config.bias else 1)
            marks.append(
                Box(card.x + 5, self.bottom - height - 6, card.width - 10, height + 2, "in")
            )
        marks.append(Label(middle, self.top + 14, (Word(activation, "quiet"),), "middle", _SMALL))
        marks.append(Label(middle, self.top + 30, (Word(gate.name),), "middle", kind="title"))
        for row, (block, axes) in enumerate(card.blocks):
            y = self.bottom - 10 - _ROW * (len(card.blocks) - 1 - row)
            marks.append(Label(card.x + 12, y, (Word(f"{block} "), *numbers(axes))))
        held = ", ".join(f"{block} {shape_text(axes.shape)}" for block, axes in card.blocks)
        return Group("gate", tuple(marks), f"{gate.name}: {held}", self._of(gate.name))

    def _inputs(self) -> Iterator[Group]:
        """The two lines below the cards: the state before, and what is read."""
        h, x = self.bottom + 24, self.bottom + 50
        if self.cell.name == "GRU":
            corner = self.left - 16
            begin: list[tuple[float, float]] = [(corner, _STATE), (corner, h)]
            yield self._input("h", begin, [])
        else:
            entering = self._entering(f"h_({self.before})", "h", h)
            yield self._input("h", [(self.left - 24, h)], entering)
        yield self._input("x", [(self.left - 24, x)], self._entering("x_t", "x", x))

    def _input(self, letter: str, begin: list[tuple[float, float]], marks: list[Mark]) -> Group:
        """One line to the last card, and an arrow up from it into each."""
        level, aside = begin[-1][1], 16.0 if letter == "h" else -16.0
        middles = [card.middle + aside for card in self.cards.values()]
        line = Line((*begin, (max(middles), level)), False)
        up = [Line(((at, level), (at, self.bottom)), kind="over") for at in middles]
        read, side = ("h_0", "_hh") if letter == "h" else ("input", "_ih")
        names = frozenset({read, *(name for name in self.names if side in name)})
        return Group("wire", (line, *up, *marks), "every gate reads it", names)

    def _of(self, *names: str) -> frozenset[str]:
        return frozenset(names) | self.names

    def _entering(self, name: str, letter: str, y: float) -> list[Mark]:
        words = (Word(f"{name} "), *numbers(self._state(letter)))
        return [Label(self.left - 30, y + 4, words, "end")]

    def _leaving(self, name: str, letter: str, y: float) -> Label:
        return Label(self.right + 6, y + 4, (Word(f"{name} "), *numbers(self._state(letter))))

    def _node(self, x: float, y: float, sign: str) -> list[Mark]:
        circle = Box(x - _NODE, y - _NODE, 2 * _NODE, 2 * _NODE, "node", _NODE)
        return [circle, Label(x, y + 4, (Word(sign),), "middle")]

    def _pill(self, x: float, y: float, text: str) -> list[Mark]:
        half = width_of(text, _SMALL) / 2 + 7
        box = Box(x - half, y - 9, 2 * half, 18, "part", 9)
        return [box, Label(x, y + 4, (Word(text),), "middle", _SMALL)]

    def _said(self, card: _Card) -> Label:
        """What comes out of a gate, beside its line."""
        words = (Word(f"{card.gate.letter}_t "), *numbers(self._state("c")))
        return Label(card.middle + 8, self.top - 12, words, size=_SMALL)

    def _lstm(self) -> Iterator[Group]:
        f, i, g, o = (self.cards[letter] for letter in "figo")
        meeting, top, y, m = (i.middle + g.middle) / 2, self.top, _STATE, _MEETING
        c_line: list[Mark] = [
            Line(((self.left - 24, y), (f.middle - _NODE, y))),
            Line(((f.middle + _NODE, y), (meeting - _NODE, y))),
            Line(((meeting + _NODE, y), (self.right, y))),
            *self._node(f.middle, y, "×"),
            *self._node(meeting, y, "+"),
            *self._entering(f"c_({self.before})", "c", y),
            self._leaving("c_t", "c", y),
        ]
        title = "the cell state: the forget gate keeps some of it, the input gate adds"
        yield Group("wire", tuple(c_line), title, frozenset({"c_0", "c_n", "c_1"}))
        gates: list[Mark] = [
            Line(((f.middle, top), (f.middle, y + _NODE))),
            Line(((i.middle, top), (i.middle, m), (meeting - _NODE, m))),
            Line(((g.middle, top), (g.middle, m), (meeting + _NODE, m))),
            Line(((meeting, m - _NODE), (meeting, y + _NODE))),
            Line(((o.middle, top), (o.middle, m + _NODE))),
            *self._node(meeting, m, "×"),
            *(self._said(card) for card in (f, i, g, o)),
        ]
        yield Group("wire", tuple(gates), "what the gates let through", self.names)
        yield self._lstm_output(o.middle)

    def _lstm_output(self, x: float) -> Group:
        """The output gate lets out tanh(c_t); a projection narrows it."""
        y, m = _STATE, _MEETING
        marks: list[Mark] = [
            Line(((x, y), (x, m - _NODE))),
            *self._pill(x, y + 22, "tanh"),
            *self._node(x, m, "×"),
            Line(((x + _NODE, m), (self.right, m))),
            self._leaving("h_t", "h", m),
        ]
        if found := self._projection():
            width = self._projected() - 24
            left = self.right - width - 20
            words = (Word("W_hr "), *numbers(found.axes))
            marks += [Box(left, m - 14, width, 28, "node", 5), Label(left + 10, m + 4, words)]
        names = {"h_n", "h_1", "output", *(p.name for p in self.own if not p.rows)}
        return Group("wire", tuple(marks), "the hidden state of this step", frozenset(names))

    def _gru(self) -> Iterator[Group]:
        z, r, n = (self.cards[letter] for letter in "zrn")
        top, y, m = self.top, _STATE, _MEETING
        side = self.bottom - _ROW * (2 if self.config.bias else 1) / 2 - 5
        acting = (Word("r_t", "quiet"),)
        marks: list[Mark] = [
            Line(((self.left - 24, y), (z.middle - _NODE, y))),
            Line(((z.middle + _NODE, y), (n.middle - _NODE, y))),
            Line(((n.middle + _NODE, y), (self.right, y))),
            Line(((z.middle, top), (z.middle, y + _NODE))),
            Line(((z.middle, m), (n.middle - _NODE, m))),
            Line(((n.middle, top), (n.middle, m + _NODE))),
            Line(((n.middle, m - _NODE), (n.middle, y + _NODE))),
            Line(((r.right, side), (n.x, side))),
            Label((r.right + n.x) / 2, side - 6, acting, "middle", _SMALL),
            *self._node(z.middle, y, "×"),
            *self._node(n.middle, m, "×"),
            *self._node(n.middle, y, "+"),
            *self._pill((z.middle + n.middle) / 2, m, "1 - z_t"),
            *self._entering(f"h_({self.before})", "h", y),
            self._leaving("h_t", "h", y),
            *(self._said(card) for card in (z, n)),
        ]
        title = "z keeps some of the state before and takes the rest from n; r acts inside n"
        yield Group("wire", tuple(marks), title, self._of("h_0", "h_n", "h_1", "output"))

    def _rnn(self) -> Iterator[Group]:
        card = self.cards["h"]
        line = Line(((card.middle, self.top), (card.middle, _STATE), (self.right, _STATE)))
        marks = (line, self._leaving("h_t", "h", _STATE))
        yield Group("wire", marks, "the state of this step", self._of("h_n", "h_1", "output"))
