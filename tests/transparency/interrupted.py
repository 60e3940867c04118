"""Ctrl-C in the middle of training."""

import os
import signal

import torch
from torch import nn

lstm = nn.LSTM(4, 6)
for step in range(100):
    lstm(torch.randn(5, 3, 4))[0].sum().backward()
    if step == 3:
        os.kill(os.getpid(), signal.SIGINT)
