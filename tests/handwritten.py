"""Recurrent layers as people write them, every one of them right, each in another style."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn


class FusedLSTM(nn.Module):
    """One Linear for each side, torch's gate order, time first."""

    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.hidden_size = hidden_size
        self.x2h = nn.Linear(input_size, 4 * hidden_size)
        self.h2h = nn.Linear(hidden_size, 4 * hidden_size)

    def forward(self, x, state=None):
        if state is None:
            h = c = x.new_zeros(x.size(1), self.hidden_size)
        else:
            h, c = state[0][0], state[1][0]
        outputs = []
        for x_t in x:
            i, f, g, o = (self.x2h(x_t) + self.h2h(h)).chunk(4, dim=-1)
            i, f, o = torch.sigmoid(i), torch.sigmoid(f), torch.sigmoid(o)
            g = torch.tanh(g)
            c = f * c + i * g
            h = o * torch.tanh(c)
            outputs.append(h)
        return torch.stack(outputs), (h.unsqueeze(0), c.unsqueeze(0))


class SeparateGatesLSTM(nn.Module):
    """A Linear over [x, h] for each gate, states as two arguments, batch first."""

    def __init__(self, input_dim, hidden_dim):
        super().__init__()
        self.hidden_dim = hidden_dim
        self.forget_gate = nn.Linear(input_dim + hidden_dim, hidden_dim)
        self.input_gate = nn.Linear(input_dim + hidden_dim, hidden_dim)
        self.candidate = nn.Linear(input_dim + hidden_dim, hidden_dim)
        self.output_gate = nn.Linear(input_dim + hidden_dim, hidden_dim)

    def forward(self, x, h, c):
        outputs = []
        for t in range(x.size(1)):
            both = torch.cat([x[:, t], h], dim=1)
            f = torch.sigmoid(self.forget_gate(both))
            i = torch.sigmoid(self.input_gate(both))
            g = torch.tanh(self.candidate(both))
            o = torch.sigmoid(self.output_gate(both))
            c = f * c + i * g
            h = o * torch.tanh(c)
            outputs.append(h)
        return torch.stack(outputs, 1), h, c


class StateFirstLSTM(nn.Module):
    """One Linear over [h, x] in the order f i g o, as in many courses."""

    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.hidden_size = hidden_size
        self.linear = nn.Linear(hidden_size + input_size, 4 * hidden_size)

    def forward(self, x):
        h = c = torch.zeros(x.shape[0], self.hidden_size)
        outputs = []
        for t in range(x.shape[1]):
            f, i, g, o = self.linear(torch.cat((h, x[:, t]), 1)).split(self.hidden_size, 1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
            outputs += [h]
        return torch.stack(outputs, 1)


class TransposedLSTM(nn.Module):
    """x @ W with W (H_in, 4H), one bias, order i f o g."""

    def __init__(self, input_sz: int, hidden_sz: int):
        super().__init__()
        self.hidden_size = hidden_sz
        self.W = nn.Parameter(torch.randn(input_sz, hidden_sz * 4) * 0.1)
        self.U = nn.Parameter(torch.randn(hidden_sz, hidden_sz * 4) * 0.1)
        self.bias = nn.Parameter(torch.zeros(hidden_sz * 4))

    def forward(self, x, init_states=None):
        batch, steps, _ = x.size()
        if init_states is None:
            h_t, c_t = torch.zeros(2, batch, self.hidden_size)
        else:
            h_t, c_t = init_states
        HS, hidden_seq = self.hidden_size, []
        for t in range(steps):
            gates = x[:, t, :] @ self.W + h_t @ self.U + self.bias
            i_t = torch.sigmoid(gates[:, :HS])
            f_t = torch.sigmoid(gates[:, HS : HS * 2])
            o_t = torch.sigmoid(gates[:, HS * 2 : HS * 3])
            g_t = torch.tanh(gates[:, HS * 3 :])
            c_t = f_t * c_t + i_t * g_t
            h_t = o_t * torch.tanh(c_t)
            hidden_seq.append(h_t.unsqueeze(0))
        hidden_seq = torch.cat(hidden_seq, dim=0).transpose(0, 1).contiguous()
        return hidden_seq, (h_t, c_t)


class KerasLSTM(nn.Module):
    """kernel, recurrent_kernel and bias as Keras keeps them: (H_in, 4H), order i f c o."""

    def __init__(self, input_dim, units):
        super().__init__()
        self.kernel = nn.Parameter(torch.randn(input_dim, 4 * units))
        self.recurrent_kernel = nn.Parameter(torch.randn(units, 4 * units))
        self.bias = nn.Parameter(torch.zeros(4 * units))

    def forward(self, inputs, states):
        h, c = states
        z = inputs @ self.kernel + h @ self.recurrent_kernel + self.bias
        z_i, z_f, z_c, z_o = z.chunk(4, -1)
        c = z_f.sigmoid() * c + z_i.sigmoid() * z_c.tanh()
        h = z_o.sigmoid() * c.tanh()
        return h, [h, c]


class TextbookLSTM(nn.Module):
    """Eight matrices and four biases with the textbook's names, as plain parameters."""

    def __init__(self, n_in, n_hidden):
        super().__init__()
        for gate in "ifgo":
            setattr(self, f"W_i{gate}", nn.Parameter(torch.randn(n_hidden, n_in)))
            setattr(self, f"W_h{gate}", nn.Parameter(torch.randn(n_hidden, n_hidden)))
            setattr(self, f"b_{gate}", nn.Parameter(torch.zeros(n_hidden)))

    def forward(self, x, hc):
        h, c = hc

        def pre(gate):
            w, u = getattr(self, f"W_i{gate}"), getattr(self, f"W_h{gate}")
            return x @ w.T + h @ u.T + getattr(self, f"b_{gate}")

        i, f, o = (torch.sigmoid(pre(gate)) for gate in "ifo")
        c = f * c + i * torch.tanh(pre("g"))
        return o * torch.tanh(c), c


class CellLoopLSTM(nn.Module):
    """A ModuleList of nn.LSTMCell, a list of pairs as its state, batch_first."""

    def __init__(self, input_size, hidden_size, num_layers=1, batch_first=False):
        super().__init__()
        sizes = [input_size] + [hidden_size] * (num_layers - 1)
        self.cells = nn.ModuleList(nn.LSTMCell(size, hidden_size) for size in sizes)
        self.hidden_size, self.batch_first = hidden_size, batch_first

    def forward(self, input, hx=None):
        if self.batch_first:
            input = input.transpose(0, 1)
        zeros = input.new_zeros(len(self.cells), input.size(1), self.hidden_size)
        h, c = (list(s) for s in (hx if hx is not None else (zeros, zeros)))
        outputs = []
        for x in input:
            for k, cell in enumerate(self.cells):
                h[k], c[k] = cell(x, (h[k], c[k]))
                x = h[k]
            outputs.append(x)
        output = torch.stack(outputs)
        if self.batch_first:
            output = output.transpose(0, 1)
        return output, (torch.stack(h), torch.stack(c))


class LayerLoopLSTM(nn.Module):
    """Layer after layer over the whole sequence, stacked (num_layers, …) parameters."""

    def __init__(self, hidden_size, layers):
        super().__init__()
        self.w = nn.Parameter(torch.randn(layers, 4 * hidden_size, hidden_size))
        self.u = nn.Parameter(torch.randn(layers, 4 * hidden_size, hidden_size))
        self.b = nn.Parameter(torch.zeros(layers, 4 * hidden_size))

    def forward(self, x, h0, c0):
        finals = []
        for w, u, b, h, c in zip(self.w, self.u, self.b, h0, c0, strict=True):
            outputs = []
            for x_t in x:
                i, f, g, o = F.linear(x_t, w, b).add(F.linear(h, u)).chunk(4, -1)
                c = f.sigmoid() * c + i.sigmoid() * g.tanh()
                h = o.sigmoid() * c.tanh()
                outputs.append(h)
            x = torch.stack(outputs)
            finals.append((h, c))
        h_n, c_n = (torch.stack(s) for s in zip(*finals, strict=True))
        return x, (h_n, c_n)


class GateMajorLSTM(nn.Module):
    """weight (4, H_in + H, H): one transposed matrix over [x, h] for each gate."""

    def __init__(self, in_features, out_features):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(4, in_features + out_features, out_features))
        self.bias = nn.Parameter(torch.zeros(4, 1, out_features))

    def forward(self, x, state):
        h, c = state
        i, o, f, g = torch.cat([x, h], -1) @ self.weight + self.bias
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        return h, (h, c)


class ProjectedLSTM(nn.Module):
    """proj_size by hand."""

    def __init__(self, input_size, hidden_size, proj_size):
        super().__init__()
        self.x = nn.Linear(input_size, 4 * hidden_size)
        self.h = nn.Linear(proj_size, 4 * hidden_size, bias=False)
        self.projection = nn.Linear(hidden_size, proj_size, bias=False)

    def forward(self, x, state):
        (h,), (c,) = state
        outputs = []
        for x_t in x:
            i, f, g, o = (self.x(x_t) + self.h(h)).chunk(4, -1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = self.projection(o.sigmoid() * c.tanh())
            outputs.append(h)
        return torch.stack(outputs), (h[None], c[None])


class FusedGRU(nn.Module):
    """Two Linear, torch's order, h_0 of (1, N, H)."""

    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.x2h = nn.Linear(input_size, 3 * hidden_size)
        self.h2h = nn.Linear(hidden_size, 3 * hidden_size)

    def forward(self, x, h0):
        h = h0[0]
        outputs = []
        for x_t in x:
            i_r, i_z, i_n = self.x2h(x_t).chunk(3, -1)
            h_r, h_z, h_n = self.h2h(h).chunk(3, -1)
            r = torch.sigmoid(i_r + h_r)
            z = torch.sigmoid(i_z + h_z)
            n = torch.tanh(i_n + r * h_n)
            h = (1 - z) * n + z * h
            outputs.append(h)
        return torch.stack(outputs), h.unsqueeze(0)


class OneBiasGRU(nn.Module):
    """One bias where that is exact, in r and z; two in the candidate."""

    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.W_z = nn.Linear(input_size, hidden_size)
        self.U_z = nn.Linear(hidden_size, hidden_size, bias=False)
        self.W_r = nn.Linear(input_size, hidden_size)
        self.U_r = nn.Linear(hidden_size, hidden_size, bias=False)
        self.W_n = nn.Linear(input_size, hidden_size)
        self.U_n = nn.Linear(hidden_size, hidden_size)

    def forward(self, x, h):
        z = torch.sigmoid(self.W_z(x) + self.U_z(h))
        r = torch.sigmoid(self.W_r(x) + self.U_r(h))
        n = torch.tanh(self.W_n(x) + r * self.U_n(h))
        return n + z * (h - n)


class KerasGRU(nn.Module):
    """Order z r h and a bias of (2, 3H), as Keras keeps it with reset_after=True."""

    def __init__(self, input_dim, units):
        super().__init__()
        self.kernel = nn.Parameter(torch.randn(input_dim, 3 * units))
        self.recurrent_kernel = nn.Parameter(torch.randn(units, 3 * units))
        self.bias = nn.Parameter(torch.zeros(2, 3 * units))

    def forward(self, x, h):
        x_z, x_r, x_h = (x @ self.kernel + self.bias[0]).chunk(3, -1)
        h_z, h_r, h_h = (h @ self.recurrent_kernel + self.bias[1]).chunk(3, -1)
        z, r = torch.sigmoid(x_z + h_z), torch.sigmoid(x_r + h_r)
        return (1 - z) * torch.tanh(x_h + r * h_h) + z * h


class ElmanRNN(nn.Module):
    """i2h over [x, h], as in the tutorial of names."""

    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.i2h = nn.Linear(input_size + hidden_size, hidden_size)

    def forward(self, input, hidden):
        hidden = torch.tanh(self.i2h(torch.cat((input, hidden), 1)))
        return hidden, hidden


class StackedRNN(nn.Module):
    """Layers of RNNCell, a list of states."""

    def __init__(self, n_in, n_hidden, n_layers=1, activation="tanh"):
        super().__init__()
        sizes = [n_in] + [n_hidden] * (n_layers - 1)
        self.layers = nn.ModuleList(nn.RNNCell(s, n_hidden, nonlinearity=activation) for s in sizes)

    def forward(self, x, states):
        states = list(states)
        outputs = []
        for x_t in x:
            for k, layer in enumerate(self.layers):
                x_t = states[k] = layer(x_t, states[k])
            outputs.append(x_t)
        return torch.stack(outputs), states


class BothWaysGRU(nn.Module):
    """Two layers, both directions, joined between the layers, order (layer, direction)."""

    def __init__(self, input_size, hidden_size, num_layers=1, bidirectional=True):
        super().__init__()
        sizes = [input_size] + [2 * hidden_size] * (num_layers - 1)
        self.there = nn.ModuleList(nn.GRUCell(size, hidden_size) for size in sizes)
        self.back = nn.ModuleList(nn.GRUCell(size, hidden_size) for size in sizes)

    def forward(self, x, h0):
        finals = []
        for k, (there, back) in enumerate(zip(self.there, self.back, strict=True)):
            f, h_f = self.run(there, x, h0[2 * k])
            b, h_b = self.run(back, x.flip(0), h0[2 * k + 1])
            b = b.flip(0)
            x = torch.cat([f, b], -1)
            finals += [h_f, h_b]
        return x, torch.stack(finals)

    def run(self, cell, x, h):
        outputs = []
        for x_t in x:
            h = cell(x_t, h)
            outputs.append(h)
        return torch.stack(outputs), h


class AnyRNN(nn.Module):
    """A wrapper that takes the kind by name, with options by keyword."""

    def __init__(self, rnn_type, emb_dim, hid_dim, n_layers, dropout=0.0, batch_first=True):
        super().__init__()
        self.rnn = getattr(nn, rnn_type)(
            emb_dim, hid_dim, n_layers, dropout=dropout, batch_first=batch_first
        )

    def forward(self, src, hidden=None):
        return self.rnn(src, hidden)


class UnpackedStates(nn.Module):
    """torch's LSTM behind h and c as separate arguments and results."""

    def __init__(self, **options):
        super().__init__()
        self.inner = nn.LSTM(**options)

    def forward(self, x, h_0, c_0):
        output, (h_n, c_n) = self.inner(x, (h_0, c_0))
        return output, h_n, c_n


class OnlyOutput(nn.Module):
    """torch's GRU, of which only the output is given out."""

    def __init__(self, in_dim, units, n_layers=1):
        super().__init__()
        self.gru = nn.GRU(in_dim, units, n_layers, batch_first=True)

    def forward(self, x):
        return self.gru(x)[0]


class ByKeyword(nn.LSTM):
    """A subclass of torch's own that adds nothing."""


# class -> the layer that it is
RIGHT = {
    FusedLSTM: "LSTM(10, 20)",
    SeparateGatesLSTM: "LSTM(10, 20)",
    StateFirstLSTM: "LSTM(10, 20)",
    TransposedLSTM: "LSTM(10, 20)",
    KerasLSTM: "LSTMCell(10, 20)",
    TextbookLSTM: "LSTMCell(10, 20)",
    CellLoopLSTM: "LSTM(10, 20, num_layers=2)",
    LayerLoopLSTM: "LSTM(20, 20, num_layers=2)",
    GateMajorLSTM: "LSTMCell(10, 20)",
    ProjectedLSTM: "LSTM(10, 20, proj_size=7)",
    FusedGRU: "GRU(10, 20)",
    OneBiasGRU: "GRUCell(10, 20)",
    KerasGRU: "GRUCell(10, 20)",
    ElmanRNN: "RNNCell(10, 20)",
    StackedRNN: "RNN(10, 20, num_layers=3, nonlinearity='relu')",
    BothWaysGRU: "GRU(10, 20, num_layers=2, bidirectional=True)",
    AnyRNN: "LSTM(10, 20, num_layers=2, dropout=0.3, batch_first=True)",
    UnpackedStates: "LSTM(10, 20, num_layers=2, bidirectional=True)",
    OnlyOutput: "GRU(10, 20, num_layers=2)",
    ByKeyword: "LSTM(10, 20, num_layers=3, bidirectional=True, proj_size=5)",
}
