"""Gates: does the gradient of a loss at the end of a sequence reach its beginning?

Run it: python examples/gates.py
"""

import torch
from torch import nn

import rnnscope

torch.manual_seed(0)
L, N, H = 60, 8, 16
x = torch.randn(L, N, 1)
target = x[0]  # the task: at the end, say what came first
head = nn.Linear(H, 1)


def loss(output, states):
    """What training would minimise, on what the layer returns."""
    return nn.functional.mse_loss(head(output[-1]), target)


def reach(lstm):
    """The gradient's norm at the first step of c, as a part of that at the last step."""
    seen = rnnscope.gates(lstm, x, loss=loss)
    trace = seen["layer 0 forward"]
    norms = trace.gradient["c"]
    print(f"mean forget gate {trace.forget.mean():.2f}, t=0 has {norms[0] / norms[-1]:.0e} of it")
    return seen


lstm = nn.LSTM(1, H)
closed = reach(lstm)
print("findings:", [finding.code for finding in closed.findings])

# The forget gate's bias is rows H to 2H of the stacked bias: the order is i, f, g, o.
nn.init.constant_(lstm.bias_ih_l0[H : 2 * H], 4.0)
opened = reach(lstm)
print("findings:", [finding.code for finding in opened.findings])

assert [finding.code for finding in closed.findings] == ["RNN661"]
assert not opened.findings
assert opened.agrees  # every gate above is the real layer's own
print(opened)
