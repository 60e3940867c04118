"""One time step of RNN, LSTM and GRU from scratch: the page to learn by heart.

The letters are those of the ``torch.nn`` documentation: x the input of this step, h and c the
states that go from step to step; gates i, f, g, o (LSTM) and r, z, n (GRU). The weights of all
gates of a cell are stacked into one matrix, in that order, so one product serves all gates and
``chunk`` cuts it back into gates:

    W_ih (gates*H_cell, H_in)    W_hh (gates*H_cell, H_out)    b_ih, b_hh (gates*H_cell,)

What the input says to the gates, ``W_ih x_t + b_ih``, does not depend on the step before. So it is
computed for the whole sequence in one product (``input_to_gates``), and a step gets it as ``x``.
What the state says to the gates, ``W_hh h + b_hh``, must wait for the step before: that product is
what makes a recurrent network recurrent, and slow.

Shapes are those of a batch: N samples that run in this step (one less or more each step when the
sequences are packed), H_cell = hidden_size, H_out = proj_size or else hidden_size.
Source of the equations: the documentation of ``torch.nn.RNN``, ``LSTM`` and ``GRU``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor
from torch.nn.functional import linear  # linear(x, W, b) is x @ W.T + b

State: TypeAlias = tuple[Tensor, ...]  # (h,), or (h, c) for the LSTM


class Weights(NamedTuple):
    """The weights of one layer in one direction; None where the layer has no bias or projection."""

    W_ih: Tensor  # (gates*H_cell, H_in), above the first layer (gates*H_cell, D*H_out)
    W_hh: Tensor  # (gates*H_cell, H_out)
    b_ih: Tensor | None  # (gates*H_cell,)
    b_hh: Tensor | None  # (gates*H_cell,)
    W_hr: Tensor | None  # (H_out, H_cell), with proj_size only


def input_to_gates(x: Tensor, w: Weights) -> Tensor:
    """What the input says to every gate, for as many steps as there are rows."""
    return linear(x, w.W_ih, w.b_ih)  # (N, H_in) -> (N, gates*H_cell)


def rnn_tanh(x: Tensor, state: State, w: Weights) -> State:
    """One step of ``nn.RNN(nonlinearity="tanh")``: x (N, H_cell), h (N, H_cell)."""
    (h,) = state
    h = torch.tanh(x + linear(h, w.W_hh, w.b_hh))  # (N, H_cell)
    return (h,)


def rnn_relu(x: Tensor, state: State, w: Weights) -> State:
    """One step of ``nn.RNN(nonlinearity="relu")``: x (N, H_cell), h (N, H_cell)."""
    (h,) = state
    h = torch.relu(x + linear(h, w.W_hh, w.b_hh))  # (N, H_cell)
    return (h,)


def lstm(x: Tensor, state: State, w: Weights) -> State:
    """One step of ``nn.LSTM``: x (N, 4*H_cell), h (N, H_out), c (N, H_cell).

    c is the memory: f says how much of it to keep, i how much of the candidate g to add, and o how
    much of it to show as h. Only h is projected, so with proj_size h and c differ in width.
    """
    h, c = state
    gates = x + linear(h, w.W_hh, w.b_hh)  # (N, 4*H_cell)
    i, f, g, o = gates.chunk(4, dim=-1)  # 4 times (N, H_cell)
    i, f, o = torch.sigmoid(i), torch.sigmoid(f), torch.sigmoid(o)  # (N, H_cell), from 0 to 1
    g = torch.tanh(g)  # (N, H_cell), from -1 to 1
    c = f * c + i * g  # (N, H_cell)
    h = o * torch.tanh(c)  # (N, H_cell)
    if w.W_hr is not None:
        h = linear(h, w.W_hr)  # (N, H_cell) -> (N, H_out)
    return h, c


def gru(x: Tensor, state: State, w: Weights) -> State:
    """One step of ``nn.GRU``: x (N, 3*H_cell), h (N, H_cell).

    r says how much of the state the candidate n may see, z how much of the old state stays.
    torch applies r after the product, ``r * (W_hn h + b_hn)``; the paper (Cho et al. 2014,
    arXiv:1406.1078) applies it before, ``W_hn (r * h)``, so that it cannot be part of one stacked
    product. The two are different functions with the same shapes: weights do not carry over.
    """
    (h,) = state
    x_r, x_z, x_n = x.chunk(3, dim=-1)  # 3 times (N, H_cell)
    h_r, h_z, h_n = linear(h, w.W_hh, w.b_hh).chunk(3, dim=-1)  # 3 times (N, H_cell)
    r = torch.sigmoid(x_r + h_r)  # (N, H_cell), from 0 to 1
    z = torch.sigmoid(x_z + h_z)  # (N, H_cell), from 0 to 1
    n = torch.tanh(x_n + r * h_n)  # (N, H_cell), from -1 to 1
    h = (1 - z) * n + z * h  # (N, H_cell)
    return (h,)


StepFunction: TypeAlias = Callable[[Tensor, State, Weights], State]

STEPS: dict[tuple[str, str | None], StepFunction] = {
    ("RNN", "tanh"): rnn_tanh,
    ("RNN", "relu"): rnn_relu,
    ("LSTM", None): lstm,
    ("GRU", None): gru,
}
