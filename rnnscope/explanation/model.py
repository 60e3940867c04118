"""The parts of an explanation, as data: nothing is laid out here, and nothing computed."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from rnnscope.axes import Axes, Axis
from rnnscope.call import Call
from rnnscope.config import RNNConfig
from rnnscope.facts import LayerFacts, ParameterFact
from rnnscope.prediction import predict
from rnnscope.reasons import sentence

if TYPE_CHECKING:
    from rnnscope.reference.equation_interpreter import Step


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a tensor that has a meaning of its own: rows of a gate, a slot, a half.

    ``where`` is an index as Python writes it; ``letter`` is the gate's, None where it is none.
    """

    where: str
    what: str
    letter: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """A question that people ask about this tensor, and its answer for this layer."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Claim:
    """Two expressions in Python, over ``rnn`` and its tensors, that have the same value.

    ``shows`` says in words what follows from it; the same claim may be made for two reasons.
    """

    left: str
    right: str
    shows: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.left} equals {self.right}"


@dataclass(frozen=True, slots=True)
class Check:
    """A claim, and the max |difference| of its sides on the real layer; None if not computed."""

    claim: Claim
    difference: float | None = None
    holds: bool | None = None


@dataclass(frozen=True, slots=True)
class Recipe:
    """A way to get one row for each sample, right or wrong, and what it holds.

    ``shape`` is that of the evaluated code. ``difference`` is to the right recipe, where the shapes
    are equal; ``claim`` is the evidence for ``holds``.
    """

    code: str
    right: bool
    holds: str
    claim: Claim | None = None
    shape: tuple[int, ...] | None = None
    difference: float | None = None


@dataclass(frozen=True, slots=True)
class CellLine:
    """One equation of the cell, and the steps in which it is computed."""

    equation: str
    gate: str | None
    steps: tuple[Step, ...]

    def tells(self, gates: str) -> bool:
        """True when the line makes or uses one of these gates."""
        return any(re.search(rf"\b{letter}_t\b", self.equation) for letter in gates)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head, all of it text; empty where there is nothing to list."""

    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """What one tensor or parameter of a layer is, or one whole time step when ``name`` is None.

    ``axes`` has the answer: shape, symbols, and the reason for each axis. A gate, a family, an
    option or a symbol has a ``table`` instead. ``lines`` are the lines
    of the cell that make or use it at ``time`` in ``layer`` and ``direction``. ``checks`` were
    computed on the real layer just now; ``unchecked`` says why not, where they were not.
    """

    config: RNNConfig
    call: Call
    name: str | None
    meaning: str
    time: int
    layer: int
    direction: str
    axes: Axes | None = None
    table: Table | None = None
    pieces: tuple[Piece, ...] = ()
    notes: tuple[Note, ...] = ()
    lines: tuple[CellLine, ...] = ()
    recipes: tuple[Recipe, ...] = ()
    checks: tuple[Check, ...] = ()
    unchecked: str | None = None

    @property
    def facts(self) -> LayerFacts:
        """All facts of the layer and the call."""
        return predict(self.config, self.call)

    @property
    def parameter(self) -> ParameterFact | None:
        """The parameter that is explained; None for a tensor or a whole step."""
        return self.facts.parameter(self.name) if self.name else None

    @property
    def drawn(self) -> str | None:
        """The name under which a picture has it: a gate's own, as in ``forget gate``."""
        gates = {gate.letter: gate.name for gate in self.config.cell.gates}
        return gates.get(self.name or "", self.name) if self.table else self.name

    def why(self, axis: Axis) -> str:
        """The reason for an axis in words; a backward layer reads the state of the step after."""
        words = sentence(axis.because, self.config) if axis.because else ""
        return words.replace("(t-1)", "(t+1)") if self.direction == "backward" else words

    @property
    def holds(self) -> bool:
        """False when a check failed: then the explanation is wrong, and so is rnnscope."""
        return all(check.holds is not False for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        """The explanation as JSON; keys are only ever added."""
        return {
            "schema": "rnnscope/1",
            "config": asdict(self.config),
            "call": asdict(self.call),
            "name": self.name,
            "shape": list(self.axes.shape) if self.axes else None,
            "symbols": self.axes.symbols if self.axes else None,
            "axes": _axes_dicts(self),
            "meaning": self.meaning,
            **({"table": asdict(self.table)} if self.table else {}),
            "pieces": [asdict(piece) for piece in self.pieces],
            "recipes": [_recipe_dict(recipe) for recipe in self.recipes],
            "place": {"time": self.time, "layer": self.layer, "direction": self.direction},
            "lines": [_line_dict(line) for line in self.lines],
            "checks": [_check_dict(check) for check in self.checks],
            "unchecked": self.unchecked,
            "notes": [asdict(note) for note in self.notes],
        }


def _axes_dicts(explanation: Explanation) -> list[dict[str, Any]] | None:
    if explanation.axes is None:
        return None
    return [
        {
            "role": str(axis.role),
            "size": axis.size.value,
            "symbol": axis.size.symbol,
            "because": explanation.why(axis) or None,
        }
        for axis in explanation.axes
    ]


def _recipe_dict(recipe: Recipe) -> dict[str, Any]:
    return {
        "code": recipe.code,
        "right": recipe.right,
        "holds": recipe.holds,
        "claim": str(recipe.claim) if recipe.claim else None,
        "shape": list(recipe.shape) if recipe.shape is not None else None,
        "difference": _finite(recipe.difference),
    }


def _line_dict(line: CellLine) -> dict[str, Any]:
    return {
        "equation": line.equation,
        "gate": line.gate,
        "steps": [
            {
                "name": step.name,
                "expression": step.expression,
                "operands": [{"name": o.name, "shape": list(o.shape)} for o in step.operands],
                "result": list(step.result),
            }
            for step in line.steps
        ],
    }


def _check_dict(check: Check) -> dict[str, Any]:
    return {
        "claim": str(check.claim),
        "shows": check.claim.shows,
        "left": check.claim.left,
        "right": check.claim.right,
        "difference": _finite(check.difference),
        "holds": check.holds,
    }


def _finite(number: float | None) -> float | None:
    """JSON has no infinity: what cannot be compared is null."""
    return None if number is None or number == float("inf") else number
