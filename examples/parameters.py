"""Parameters: the names and shapes of a two-layer LSTM, and why weight_ih_l0 has 80 rows.

Run it: python examples/parameters.py
"""

import torch
from torch import nn

import rnnscope

lstm = nn.LSTM(input_size=10, hidden_size=20, num_layers=2)
x = torch.randn(5, 3, 10)  # (L, N, H_in): 5 steps, 3 sequences, 10 features
output, (h_n, c_n) = lstm(x)

for name, parameter in lstm.named_parameters():
    print(f"{name:13} {tuple(parameter.shape)}")
print("output", tuple(output.shape), "h_n", tuple(h_n.shape), "c_n", tuple(c_n.shape))

# 80 = 4 * 20: the rows of the four gates i, f, g, o stand below each other, 20 for each.
for kind in ("LSTM", "GRU", "RNN"):
    facts = rnnscope.inspect(f"{kind}(10, 20)").layers[0].facts
    weight = facts.parameter("weight_ih_l0")
    gates = " ".join(gate.letter for gate in facts.config.cell.gates)
    print(
        f"{kind:4} weight_ih_l0 has {weight.shape[0]} rows = {weight.gate_multiple} * 20: {gates}"
    )

# The whole report: every parameter and tensor with its formula and the reason for it.
print(rnnscope.inspect(lstm, x))
