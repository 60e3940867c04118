"""Character LSTM: the first stanza of a song, learnt by heart in 100 epochs.

Run it: python examples/char_lstm.py
"""

import torch
from torch import nn

import rnnscope

# The Star-Spangled Banner, first stanza (Francis Scott Key, 1814).
STANZA = """\
O say can you see, by the dawn's early light,
What so proudly we hailed at the twilight's last gleaming,
Whose broad stripes and bright stars through the perilous fight,
O'er the ramparts we watched, were so gallantly streaming?
And the rocket's red glare, the bombs bursting in air,
Gave proof through the night that our flag was still there;
O say does that star-spangled banner yet wave
O'er the land of the free and the home of the brave?
"""
WINDOW = 10
torch.manual_seed(0)
torch.set_num_threads(1)  # the layers are small

letters = sorted(set(STANZA))
codes = torch.tensor([letters.index(letter) for letter in STANZA])
one_hot = nn.functional.one_hot(codes, len(letters)).float()
starts = range(len(codes) - WINDOW)
x = torch.stack([one_hot[k : k + WINDOW] for k in starts])  # (N, L, H_in)
y = torch.stack([codes[k + 1 : k + 1 + WINDOW] for k in starts])  # (N, L)


class CharLSTM(nn.Module):
    """Two LSTM layers and a Linear over the characters."""

    def __init__(self, letters, hidden=48):
        super().__init__()
        self.lstm = nn.LSTM(letters, hidden, num_layers=2, batch_first=True)
        self.score = nn.Linear(hidden, letters)

    def forward(self, x):
        output, _ = self.lstm(x)
        return self.score(output)  # (N, L, letters)


def train(model, epochs=100):
    """Adam at 0.01 in batches of 64 windows; the last step of a window knows most of it."""
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for epoch in range(epochs):
        for rows in torch.randperm(len(x)).split(64):
            scores = model(x[rows])
            loss = nn.functional.cross_entropy(scores.flatten(0, 1), y[rows].flatten())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if epoch % 20 == 19:
            print(f"epoch {epoch + 1:3} loss {loss.item():.3f}")


def recited(model):
    """The first window's predictions, then the last one of each further window."""
    with torch.no_grad():
        best = model(x).argmax(-1)
    return "".join(letters[k] for k in [*best[0], *best[1:, -1]])


model = CharLSTM(len(letters))
train(model)
text = STANZA[0] + recited(model)
right = sum(a == b for a, b in zip(text, STANZA, strict=True)) / len(STANZA)
print(text)
print(f"{right:.1%} of {len(STANZA)} characters are right")
print("parameters:", rnnscope.inspect(model.lstm).layers[0].facts.parameter_count)
