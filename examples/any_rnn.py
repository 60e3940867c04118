"""Any RNN: a model that takes "RNN", "LSTM" or "GRU" by name, inspected for all three.

Run it: python examples/any_rnn.py
"""

import torch
from torch import nn

import rnnscope


class Tagger(nn.Module):
    """Embedding, a recurrent layer of the kind that is asked for, and a Linear."""

    def __init__(self, kind, vocabulary=50, dim=10, hidden=20, tags=4):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, dim)
        self.rnn = getattr(nn, kind)(dim, hidden, num_layers=2, batch_first=True)
        self.head = nn.Linear(hidden, tags)

    def forward(self, tokens):
        output, _ = self.rnn(self.embedding(tokens))  # beside it: h_n, or the pair (h_n, c_n)
        return self.head(output)


tokens = torch.randint(0, 50, (3, 5))  # (N, L)
for kind in ("RNN", "LSTM", "GRU"):
    model = Tagger(kind)
    report = rnnscope.inspect(model, tokens)
    layer = report.layers[0]
    shapes = {fact.name: fact.shape for fact in layer.facts.tensors}
    print(
        f"{kind:4} scores {tuple(model(tokens).shape)}", layer.facts.parameter_count, "parameters"
    )
    for name in ("output", "h_n", "c_n"):
        print("    ", name, shapes.get(name, "is the LSTM's alone"))
