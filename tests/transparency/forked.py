"""A forked child ends with its own status, and its parent goes on."""

import os
import sys

import torch
from torch import nn

nn.LSTM(4, 6)(torch.randn(5, 3, 4))
child = os.fork()
if child == 0:
    sys.exit(3)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
