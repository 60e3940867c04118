"""The table of kinds against torch.nn itself."""

import inspect
import re

import pytest
from torch import nn

from rnnscope.cells import GRU, KINDS, LSTM, PROJECTED_KINDS, RNN, Cell, Kind, kind_named


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_options_stand_in_torchs_order(kind: Kind) -> None:
    """Built by position: value number i must arrive in the attribute of option number i."""
    values = {
        "input_size": 7,
        "hidden_size": 9,
        "num_layers": 2,
        "nonlinearity": "relu",
        "bias": False,
        "batch_first": True,
        "dropout": 0.25,
        "bidirectional": True,
        "proj_size": 3 if kind.name in PROJECTED_KINDS else 0,
    }
    names = [name for name in kind.options if name in values]
    module = getattr(nn, kind.name)(*(values[name] for name in names))
    for name in names:
        assert getattr(module, name) == values[name]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_weights_have_as_many_blocks_of_rows_as_there_are_gates(kind: Kind) -> None:
    module = getattr(nn, kind.name)(2, 5)
    weight = module.weight_ih if kind.single_step else module.weight_ih_l0
    assert weight.shape[0] == kind.cell.gate_multiple * 5


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_states_are_those_that_torch_returns(kind: Kind) -> None:
    import torch

    result = getattr(nn, kind.name)(2, 5)(torch.zeros(3, 2))
    final = result if kind.single_step else result[1]
    assert (len(final) if isinstance(final, tuple) else 1) == len(kind.cell.states)


@pytest.mark.parametrize("cell", [RNN, LSTM, GRU], ids=lambda cell: cell.name)
def test_the_gates_stand_in_the_order_of_torchs_formulas(cell: Cell) -> None:
    """The documentation lists the rows as (W_ii|W_if|W_ig|W_io) and (W_ir|W_iz|W_in)."""
    text = inspect.getdoc(getattr(nn, cell.name)) or ""
    stacked = re.search(r"\((W_i\w(?:\|W_i\w)+)\)", text)
    letters = [name[-1] for name in stacked.group(1).split("|")] if stacked else ["h"]
    assert [gate.letter for gate in cell.gates] == letters


@pytest.mark.parametrize("cell", [RNN, LSTM, GRU], ids=lambda cell: cell.name)
def test_every_gate_has_an_equation_and_every_state_has_one(cell: Cell) -> None:
    left = {equation.split(" = ")[0] for equation in cell.equations}
    assert {f"{letter}_t" for letter in (*cell.states, *(g.letter for g in cell.gates))} == left


@pytest.mark.parametrize("name", ["lstm", "LSTM", "Lstm"])
def test_the_case_of_a_kind_does_not_matter(name: str) -> None:
    assert kind_named(name) is KINDS["LSTM"]


@pytest.mark.parametrize("name", ["", "LSTMs", "nn.LSTM"])
def test_other_names_are_no_kind(name: str) -> None:
    assert kind_named(name) is None
