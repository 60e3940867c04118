"""A property test of somebody else's code, over every configuration that torch accepts.

Run it: python examples/property_test.py, or pytest examples/property_test.py
"""

import torch
from hypothesis import given, settings
from torch import nn

from rnnscope.strategies import configs


class Reader(nn.Module):
    """The code under test: one vector for each sequence, whatever the recurrent layer is."""

    def __init__(self, rnn):
        super().__init__()
        self.rnn = rnn

    def forward(self, x):
        _, state = self.rnn(x)
        h_n = state[0] if isinstance(state, tuple) else state
        directions = 2 if self.rnn.bidirectional else 1
        return torch.cat(list(h_n[-directions:]), dim=-1)  # the top layer's, (N, D*H_out)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(config=configs(kinds=["RNN", "LSTM", "GRU"], dtypes=["float32"]))
def test_reader_gives_one_vector_for_each_sequence(config):
    """The promise of Reader, held against configurations that nobody thought of."""
    x = torch.randn(5, 3, config.input_size)  # (L, N, H_in)
    x = x.transpose(0, 1) if config.batch_first else x
    with torch.no_grad():
        vectors = Reader(config.build().eval())(x)
    assert vectors.shape == (3, config.directions * config.output_size)


if __name__ == "__main__":
    test_reader_gives_one_vector_for_each_sequence()
    print("holds for 40 configurations")
