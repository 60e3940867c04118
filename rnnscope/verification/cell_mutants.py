# ruff: noqa: E501 - a table reads best with a row on a line
"""The cells as equations that can be changed: what a known mistake computes instead.

Each cell is a few lines of text, run as they stand. A mistake is a line that reads otherwise, so
that the same text computes it and names it. ``pre_i`` is W_ii x + b_ii + W_hi h + b_hi, ``x_i``
and ``h_i`` are its two halves, ``U_i(v)`` is W_hi v + b_hi; ``h`` and ``c`` are the states before
the step until their own line has run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

EQUATIONS: dict[str, dict[str, str]] = {
    "RNN": {"h": "tanh(pre_h)"},
    "LSTM": {
        "i": "sigmoid(pre_i)",
        "f": "sigmoid(pre_f)",
        "g": "tanh(pre_g)",
        "o": "sigmoid(pre_o)",
        "c": "f * c + i * g",
        "h": "o * tanh(c)",
    },
    "GRU": {
        "r": "sigmoid(pre_r)",
        "z": "sigmoid(pre_z)",
        "n": "tanh(x_n + r * h_n)",
        "h": "(1 - z) * n + z * h",
    },
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """Lines of a cell that read otherwise, and what that is called."""

    cell: str
    lines: Mapping[str, str]
    text: str
    kind: str = "equation"

    def shown(self) -> str:
        """The lines as they are."""
        return ", ".join(f"{name} = {line}" for name, line in self.lines.items())

    def repair(self) -> str:
        """The lines as torch has them."""
        right = EQUATIONS[self.cell]
        return ", ".join(f"{name} = {right[name]}" for name in self.lines)


def _lstm(text: str, **lines: str) -> Mistake:
    return Mistake("LSTM", lines, text)


def _gru(text: str, **lines: str) -> Mistake:
    return Mistake("GRU", lines, text)


def _rnn(text: str, **lines: str) -> Mistake:
    return Mistake("RNN", lines, text)


MISTAKES: tuple[Mistake, ...] = (
    _lstm("the output is taken from the cell state without tanh", h="o * c"),
    _lstm("the output gate is missing", h="tanh(c)"),
    _lstm("tanh is taken after the output gate, not before", h="tanh(o * c)"),
    _lstm("the output reads the cell state of the step before", c="f * c + i * g", h="o * tanh(c_before)"),
    _lstm("the output gate passes through tanh", o="tanh(pre_o)"),
    _lstm("the cell candidate passes without tanh", g="pre_g"),
    _lstm("the cell candidate passes through sigmoid instead of tanh", g="sigmoid(pre_g)"),
    _lstm("the cell candidate passes through relu instead of tanh", g="relu(pre_g)"),
    _lstm("the output passes through relu instead of tanh", h="o * relu(c)"),
    _lstm("the output passes through sigmoid instead of tanh", h="o * sigmoid(c)"),
    _lstm("tanh is missing in both places", g="pre_g", h="o * c"),
    _lstm("relu stands in both places of tanh", g="relu(pre_g)", h="o * relu(c)"),
    _lstm("the forget gate is missing", c="c + i * g"),
    _lstm("the input gate is missing", c="f * c + g"),
    _lstm("the cell state before the step is dropped", c="i * g"),
    _lstm("the input gate is tied to the forget gate as 1 - f", c="f * c + (1 - f) * g"),
    _lstm("the forget gate is tied to the input gate as 1 - i", c="(1 - i) * c + i * g"),
    _lstm("the forget gate is turned round", c="(1 - f) * c + i * g"),
    _lstm("the old and the new part are multiplied, not added", c="(f * c) * (i * g)"),
    _lstm("the new part is subtracted, not added", c="f * c - i * g"),
    _lstm("the cell state passes through tanh before it is stored", c="tanh(f * c + i * g)", h="o * c"),
    _lstm("the cell state is stored after tanh", c="tanh(f * c + i * g)", h="o * tanh(c)"),
    _lstm("the candidate uses the wrong gate: one gate is both forget and input gate", c="f * c + f * g"),
    _lstm("one gate is both input and output gate: the candidate or the output uses the wrong one", h="i * tanh(c)"),
    _lstm("one gate is both forget and output gate: the cell state or the output uses the wrong one", h="f * tanh(c)"),
    _lstm("the candidate uses the input gate's weights", g="tanh(pre_i)"),
    _lstm("the candidate uses the forget gate's weights", g="tanh(pre_f)"),
    _lstm("the candidate uses the output gate's weights", g="tanh(pre_o)"),
    _lstm("the forget gate has a constant 1 added to its bias", f="sigmoid(pre_f + 1)"),
    _lstm("the gates pass through hard sigmoid", i="hard(pre_i)", f="hard(pre_f)", o="hard(pre_o)"),
    _lstm("the gates read the cell state instead of the hidden state",
          i="sigmoid(x_i + U_i(c))", f="sigmoid(x_f + U_f(c))", g="tanh(x_g + U_g(c))",
          o="sigmoid(x_o + U_o(c))"),
    _lstm("the candidate does not see the hidden state", g="tanh(x_g)"),
    _lstm("the hidden state before the step is added to the new one", h="o * tanh(c) + h"),
    _lstm("the output gate is computed from the input alone", o="sigmoid(x_o)"),
    _lstm("h and c are exchanged in the update", c="f * h + i * g"),
    _gru("the reset gate acts before the product with W_hn, not after", n="tanh(x_n + U_n(r * h))"),
    _gru("the update gate is turned round", h="z * n + (1 - z) * h"),
    _gru("the update gate is turned round, and the reset gate acts before the product",
         n="tanh(x_n + U_n(r * h))", h="z * n + (1 - z) * h"),
    _gru("the candidate passes without tanh", n="x_n + r * h_n"),
    _gru("the candidate passes through sigmoid instead of tanh", n="sigmoid(x_n + r * h_n)"),
    _gru("the candidate passes through relu instead of tanh", n="relu(x_n + r * h_n)"),
    _gru("the reset gate is missing", n="tanh(pre_n)"),
    _gru("the reset gate acts on the input as well", n="tanh(r * (x_n + h_n))"),
    _gru("the reset gate acts on the input instead of the hidden state", n="tanh(r * x_n + h_n)"),
    _gru("the reset gate is turned round", n="tanh(x_n + (1 - r) * h_n)"),
    _gru("the candidate uses the update gate instead of the reset gate", n="tanh(x_n + z * h_n)"),
    _gru("the update uses the reset gate instead of the update gate", h="(1 - r) * n + r * h"),
    _gru("the hidden state before the step is dropped", h="(1 - z) * n"),
    _gru("the candidate replaces the hidden state, the update gate is missing", h="n"),
    _gru("the candidate is added without its 1 - z", h="n + z * h"),
    _gru("the hidden state is added without its z", h="(1 - z) * n + h"),
    _gru("the candidate does not see the hidden state", n="tanh(x_n)"),
    _gru("the candidate uses the reset gate's weights", n="tanh(x_r + r * h_r)"),
    _gru("the candidate uses the update gate's weights", n="tanh(x_z + r * h_z)"),
    _gru("the gates pass through hard sigmoid", r="hard(pre_r)", z="hard(pre_z)"),
    _gru("the new state passes through tanh once more", h="tanh((1 - z) * n + z * h)"),
    _rnn("relu is computed instead of tanh", h="relu(pre_h)"),
    _rnn("the activation is missing", h="pre_h"),
    _rnn("sigmoid is computed instead of tanh", h="sigmoid(pre_h)"),
    _rnn("the hidden state before the step is added once more", h="h + tanh(pre_h)"),
    _rnn("the hidden state is added after tanh, not before", h="tanh(x_h) + h_h"),
    _rnn("the hidden state before the step is not used", h="tanh(x_h)"),
    _rnn("tanh is computed twice", h="tanh(tanh(pre_h))"),
)  # fmt: skip


def mistakes(cell: str, nonlinearity: str | None) -> list[Mistake]:
    """The mistakes of one cell; for RNN, tanh and relu change places with ``nonlinearity``."""
    found = [mistake for mistake in MISTAKES if mistake.cell == cell]
    if nonlinearity != "relu":
        return found
    others = [m for m in found if "relu" not in m.lines["h"] and "twice" not in m.text]
    turned = [
        _rnn(m.text.replace("tanh", "relu"), h=m.lines["h"].replace("tanh", "relu")) for m in others
    ]
    return [_rnn("tanh is computed instead of relu", h="tanh(pre_h)"), *turned]


def _hard_sigmoid(x: Tensor) -> Tensor:
    return (0.2 * x + 0.5).clamp(0, 1)


_WORDS: dict[str, Any] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "hard": _hard_sigmoid,
}

Half = Callable[[str, Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a cell, its lines compiled once."""

    cell: str
    lines: Mapping[str, str] = field(default_factory=dict)
    nonlinearity: str | None = None

    def __call__(
        self, from_x: dict[str, Tensor], from_h: Half, h: Tensor, c: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        """The new states from the halves of the gates; ``from_h(gate, v)`` is W_h{gate} v + b_h{gate}."""
        names: dict[str, Any] = {**_WORDS, "h": h, "c": c, "c_before": c}
        for gate, x in from_x.items():
            names[f"U_{gate}"] = lambda v, gate=gate: from_h(gate, v)
            names[f"x_{gate}"], names[f"h_{gate}"] = x, from_h(gate, h)
            names[f"pre_{gate}"] = names[f"x_{gate}"] + names[f"h_{gate}"]
        for name, line in self._lines().items():
            names[name] = eval(_compiled(line), {}, names)
        return names["h"], names["c"]

    def _lines(self) -> dict[str, str]:
        lines = {**EQUATIONS[self.cell], **self.lines}
        if self.cell == "RNN" and self.nonlinearity == "relu" and not self.lines:
            return {"h": "relu(pre_h)"}
        return lines


_COMPILED: dict[str, Any] = {}


def _compiled(line: str) -> Any:
    if line not in _COMPILED:
        _COMPILED[line] = compile(line, "<equation>", "eval")
    return _COMPILED[line]
