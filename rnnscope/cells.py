"""The one table of RNN, LSTM and GRU: gates in storage order, states, equations.

Source: the "Variables" and formulas of ``torch.nn.RNN``, ``LSTM`` and ``GRU`` in the PyTorch
documentation. Nothing else in rnnscope asks which kind a layer is: it asks this table.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gate:
    """One block of ``hidden_size`` rows in the stacked weights."""

    letter: str
    name: str
    activation: str


@dataclass(frozen=True, slots=True)
class Cell:
    """What one time step does, whatever the number of layers and directions.

    ``keeps`` is the letter of the gate that says how much of the old state stays.
    """

    name: str
    gates: tuple[Gate, ...]
    states: tuple[str, ...]
    equations: tuple[str, ...]
    keeps: str | None = None

    @property
    def gate_multiple(self) -> int:
        """How many blocks of hidden_size rows the weights stack: LSTM 4, GRU 3, RNN 1."""
        return len(self.gates)


@dataclass(frozen=True, slots=True)
class Kind:
    """A class of ``torch.nn``: a cell, run over a whole sequence or for a single step."""

    name: str
    cell: Cell
    single_step: bool
    options: tuple[str, ...]  # in torch's order, device and dtype last


RNN = Cell(
    name="RNN",
    gates=(Gate("h", "new hidden state", "nonlinearity"),),
    states=("h",),
    equations=("h_t = nonlinearity(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh)",),
)
LSTM = Cell(
    name="LSTM",
    gates=(
        Gate("i", "input gate", "sigmoid"),
        Gate("f", "forget gate", "sigmoid"),
        Gate("g", "cell candidate", "tanh"),
        Gate("o", "output gate", "sigmoid"),
    ),
    states=("h", "c"),
    equations=(
        "i_t = sigmoid(W_ii x_t + b_ii + W_hi h_(t-1) + b_hi)",
        "f_t = sigmoid(W_if x_t + b_if + W_hf h_(t-1) + b_hf)",
        "g_t = tanh(W_ig x_t + b_ig + W_hg h_(t-1) + b_hg)",
        "o_t = sigmoid(W_io x_t + b_io + W_ho h_(t-1) + b_ho)",
        "c_t = f_t * c_(t-1) + i_t * g_t",
        "h_t = o_t * tanh(c_t)",
    ),
    keeps="f",
)
GRU = Cell(
    name="GRU",
    gates=(
        Gate("r", "reset gate", "sigmoid"),
        Gate("z", "update gate", "sigmoid"),
        Gate("n", "new candidate", "tanh"),
    ),
    states=("h",),
    equations=(
        "r_t = sigmoid(W_ir x_t + b_ir + W_hr h_(t-1) + b_hr)",
        "z_t = sigmoid(W_iz x_t + b_iz + W_hz h_(t-1) + b_hz)",
        "n_t = tanh(W_in x_t + b_in + r_t * (W_hn h_(t-1) + b_hn))",
        "h_t = (1 - z_t) * n_t + z_t * h_(t-1)",
    ),
    keeps="z",
)

# Option names in the order in which torch.nn takes them by position. The source of the surprise
# that the fourth positional argument of LSTM and GRU is bias, and that of RNN is nonlinearity.
_STACK = ("num_layers", "bias", "batch_first", "dropout", "bidirectional", "proj_size")
_RNN_STACK = ("num_layers", "nonlinearity", *_STACK[1:])
_SIZES = ("input_size", "hidden_size")
_PLACE = ("device", "dtype")

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("RNN", RNN, False, (*_SIZES, *_RNN_STACK, *_PLACE)),
        Kind("LSTM", LSTM, False, (*_SIZES, *_STACK, *_PLACE)),
        Kind("GRU", GRU, False, (*_SIZES, *_STACK, *_PLACE)),
        Kind("RNNCell", RNN, True, (*_SIZES, "bias", "nonlinearity", *_PLACE)),
        Kind("LSTMCell", LSTM, True, (*_SIZES, "bias", *_PLACE)),
        Kind("GRUCell", GRU, True, (*_SIZES, "bias", *_PLACE)),
    )
}

# Only the LSTM has a projection; torch refuses even proj_size=0 by keyword for the other two.
PROJECTED_KINDS = frozenset({"LSTM"})


def kind_named(name: str) -> Kind | None:
    """The kind of this name, whatever its case: ``lstm``, ``LSTM`` and ``Lstm`` are the same."""
    folded = name.casefold()
    return next((kind for kind in KINDS.values() if kind.name.casefold() == folded), None)
