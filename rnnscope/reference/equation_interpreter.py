"""Every step said aloud: the equations of the table, executed line by line on real tensors.

The page of cells computes all gates in one product, which is fast and hides the gates. A listener
wants to hear each product and each line by itself, so here the very equations that are printed,
``i_t = sigmoid(W_ii x_t + b_ii + W_hi h_(t-1) + b_hi)``, are read and computed, gate by gate. Both
ways must give the same numbers: a test compares them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from rnnscope.config import RNNConfig
from rnnscope.equations import equations_of
from rnnscope.reference.cells import State, Weights


@dataclass(frozen=True, slots=True)
class Operand:
    """A tensor that goes into a step, under its letter."""

    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One product, or one whole line of the cell, as it was computed.

    ``gate`` is the letter of the gate that it is part of, None for the lines that make states out
    of gates. ``line`` is the equation it belongs to; a product's ``name`` is its expression.
    """

    layer: int
    direction: str
    time: int
    gate: str | None
    name: str
    expression: str
    operands: tuple[Operand, ...]
    result: tuple[int, ...]
    line: str

    @property
    def product(self) -> bool:
        """True for a matrix product, False for a whole line."""
        return self.name == self.expression


Listener = Callable[[Step], None]


def gates_of(config: RNNConfig, x: Tensor, state: State, w: Weights) -> dict[str, Tensor]:
    """Every gate and every state after it, by letter, for as many samples and steps as have rows.

    x (R, H_in), h (R, H_out), c (R, H_cell): each row with the states before its own step.
    """
    values = _operands(config, x, state, w)
    lines = [line.partition(" = ")[::2] for line in equations_of(config)]
    for name, expression in lines:
        values[name] = _Evaluation(values, [], lambda *_: None).value(_tree(expression))
    return {name.removesuffix("_t"): values[name] for name, _ in lines}


def _operands(config: RNNConfig, x: Tensor, state: State, w: Weights) -> dict[str, Tensor]:
    """What goes into a step, under the names that the equations use: x_t, h_(t-1), W_ii, b_hn."""
    before = zip((f"{letter}_(t-1)" for letter in config.cell.states), state, strict=True)
    return {"x_t": x, **dict(before), **dict(_blocks(config, w))}


def _blocks(config: RNNConfig, w: Weights) -> Iterator[tuple[str, Tensor]]:
    """The rows of each gate: W_ii, W_if, b_hn, …"""
    letters = [gate.letter for gate in config.cell.gates]
    for name, stacked in (("W_i", w.W_ih), ("W_h", w.W_hh), ("b_i", w.b_ih), ("b_h", w.b_hh)):
        if stacked is not None:
            for letter, block in zip(letters, stacked.chunk(len(letters)), strict=True):
                yield name + letter, block
    if w.W_hr is not None:
        yield "W_hr", w.W_hr


class Aloud:
    """A recurrence that computes the equations line by line and tells the listener each step."""

    def __init__(self, config: RNNConfig, layer: int, direction: str, listener: Listener) -> None:
        self.config = config
        self.layer = layer
        self.direction = direction
        self.listener = listener
        self.letters = [gate.letter for gate in config.cell.gates]

    def prepare(self, data: Tensor, w: Weights) -> Tensor:
        """Nothing is computed ahead: each gate has its own product in each step."""
        return data

    def step(self, x: Tensor, state: State, w: Weights, time: int) -> State:
        values = _operands(self.config, x, state, w)
        for line in equations_of(self.config):
            self._compute(line, values, time)
        return tuple(values[f"{letter}_t"] for letter in self.config.cell.states)

    def _compute(self, line: str, values: dict[str, Tensor], time: int) -> None:
        name, _, expression = line.partition(" = ")
        letter = name.removesuffix("_t")
        gate = letter if letter in self.letters else None

        def tell(name: str, expression: str, operands: list[Operand], result: Tensor) -> None:
            self.listener(
                Step(
                    self.layer,
                    self.direction,
                    time,
                    gate,
                    name,
                    expression,
                    tuple(operands),
                    tuple(result.shape),
                    line,
                )
            )

        operands: list[Operand] = []
        result = _Evaluation(values, operands, tell).value(_tree(expression))
        if expression != "W_hr h_t":  # that line is one product, and was told as such
            tell(name, expression, operands, result)
        values[name] = result


Tell = Callable[[str, str, list[Operand], Tensor], None]


class _Evaluation:
    """The value of one right-hand side; ``operands`` collects what the whole line is made of."""

    def __init__(self, values: dict[str, Tensor], operands: list[Operand], tell: Tell) -> None:
        self.values = values
        self.operands = operands
        self.tell = tell

    def value(self, node: ast.expr) -> Tensor:
        match node:
            case ast.Name(name):
                return self._named(name)
            case ast.Constant(number):
                return number  # type: ignore[return-value]
            case ast.Call(ast.Name(function), [argument]):
                result: Tensor = getattr(torch, function)(self.value(argument))
                return result
            case ast.BinOp(ast.Name(left), ast.MatMult(), ast.Name(weight)):
                return self._product(_letter(left), weight)
            case ast.BinOp(left, ast.Add(), right):
                return self.value(left) + self.value(right)
            case ast.BinOp(left, ast.Sub(), right):
                return self.value(left) - self.value(right)
            case ast.BinOp(left, ast.Mult(), right):
                return self.value(left) * self.value(right)
        raise AssertionError(f"the equations have no {ast.dump(node)}")

    def _named(self, name: str) -> Tensor:
        letter = _letter(name)
        tensor = self.values[letter]
        self.operands.append(Operand(letter, tuple(tensor.shape)))
        return tensor

    def _product(self, name: str, weight: str) -> Tensor:
        x, transposed = self.values[name], self.values[weight].t()
        result = x @ transposed
        expression = f"{name} @ {weight}^T"
        operands = [
            Operand(name, tuple(x.shape)),
            Operand(f"{weight}^T", tuple(transposed.shape)),
        ]
        self.tell(expression, expression, operands, result)
        self.operands.append(Operand(expression, tuple(result.shape)))
        return result


def _letter(name: str) -> str:
    """The letter of the textbook for a Python name: ``h_before`` is ``h_(t-1)``."""
    return name.replace("_before", "_(t-1)")


@cache
def _tree(expression: str) -> ast.expr:
    """Read the textbook's ``W x`` as Python's ``x @ W``, and ``h_(t-1)`` as a name."""
    named = expression.replace("_(t-1)", "_before")
    return ast.parse(re.sub(r"(W_\w+) (\w+)", r"(\2 @ \1)", named), mode="eval").body
