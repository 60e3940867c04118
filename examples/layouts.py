"""Layouts: what batch_first, bidirectional and proj_size move, and what they leave where it is.

Run it: python examples/layouts.py
"""

import torch
from torch import nn

import rnnscope

N, L = 3, 5  # batch size, sequence length


def show(title, layer):
    """Run a layer on a batch in its own layout and print the shapes of its results."""
    x = torch.randn(N, L, 10) if layer.batch_first else torch.randn(L, N, 10)
    output, (h_n, c_n) = layer(x)
    shapes = [tuple(t.shape) for t in (x, output, h_n, c_n)]
    print(f"{title:14}", *(f"{s!s:11}" for s in shapes))
    return shapes


print(f"{'':14}", *(f"{name:11}" for name in ("input", "output", "h_n", "c_n")))
plain = show("plain", nn.LSTM(10, 20, 2))
first = show("batch_first", nn.LSTM(10, 20, 2, batch_first=True))
both = show("bidirectional", nn.LSTM(10, 20, 2, bidirectional=True))
projected = show("proj_size=7", nn.LSTM(10, 20, 2, proj_size=7))

# batch_first moves the batch axis of input and output, and never that of the states.
assert first[2] == plain[2] == (2, N, 20)
# bidirectional doubles the last axis of output and the first axis of the states.
assert both[1][-1] == 2 * plain[1][-1]
assert both[2][0] == 2 * plain[2][0]
# proj_size shortens output and h, and never c.
assert (projected[1][-1], projected[2][-1], projected[3][-1]) == (7, 7, 20)

# A convolution speaks (N, C, L). Its channels are the features of the LSTM, so the last two axes
# are swapped before a batch_first layer; a reshape would give the right shape and wrong numbers.
signal = torch.randn(N, 1, L)
features = nn.Conv1d(1, 10, kernel_size=3, padding=1)(signal)  # (N, C, L)
with rnnscope.watch() as seen:
    output, _ = nn.LSTM(10, 20, batch_first=True)(features.transpose(1, 2))  # (N, L, C)
print("conv", tuple(features.shape), "-> LSTM", tuple(output.shape))
print("findings:", len(seen.findings))

print(rnnscope.explain("LSTM(10, 20, num_layers=2, bidirectional=True)", "h_n"))
