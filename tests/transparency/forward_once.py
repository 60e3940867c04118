"""A forward that counts, logs, reads a queue and has hooks runs once for each call.

Also when all is over: ``late`` is asked by the test then.
"""

import queue

import torch
from torch import nn

calls, hooked, waiting = [], [], queue.Queue()
for number in range(8):
    waiting.put(number)


class Logging(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.head = nn.LSTM(4, 6, batch_first=True), nn.Linear(6, 1)

    def forward(self, x):
        calls.append(waiting.get_nowait())
        print("forward", len(calls))
        return self.head(self.lstm(x)[0][:, -1])


model = Logging()
model.lstm.register_forward_hook(lambda *_: hooked.append("forward"))
model.head.register_forward_pre_hook(lambda *_: hooked.append("before"))
model.head.weight.register_hook(lambda _: hooked.append("gradient"))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(4):
    loss = (model(torch.randn(3, 5, 4)) - torch.randn(3, 1)).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def late():
    return calls, hooked, waiting.qsize()
