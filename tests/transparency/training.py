"""Ordinary training: a shuffled loader, dropout, gradient clipping, one epoch."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(4, 6, num_layers=2, dropout=0.5, batch_first=True)
        self.head = nn.Linear(6, 3)

    def forward(self, x):
        return self.head(self.lstm(x)[0])


model = Tagger()
data = TensorDataset(torch.randn(14, 5, 4), torch.randint(3, (14, 5)))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for x, y in DataLoader(data, batch_size=4, shuffle=True):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x).flatten(0, 1), y.flatten())
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    print(loss.item())
