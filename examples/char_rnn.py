"""Character RNN: two layers learn to continue a sentence, read in windows of ten characters.

"; we must " stands in the sentence twice, once before "apply" and once before "do". Ten characters
cannot tell them apart, so the state is handed from window to window.

Run it: python examples/char_rnn.py
"""

import torch
from torch import nn

import rnnscope

SENTENCE = "Knowing is not enough; we must apply. Willing is not enough; we must do"
WINDOW, EPOCHS = 10, 50

letters = sorted(set(SENTENCE))
codes = torch.tensor([letters.index(letter) for letter in SENTENCE])
one_hot = nn.functional.one_hot(codes, len(letters)).float()
windows = one_hot[:-1].unsqueeze(1).split(WINDOW)  # seven of (10, N=1, letters), time first
following = codes[1:]


class CharRNN(nn.Module):
    """Two recurrent layers and a Linear that scores the next character at every step."""

    def __init__(self, letters, hidden=20):
        super().__init__()
        self.rnn = nn.RNN(letters, hidden, num_layers=2)
        self.score = nn.Linear(hidden, letters)
        # An orthogonal W_hh neither shrinks nor blows up a state: it remembers longer.
        nn.init.orthogonal_(self.rnn.weight_hh_l0)
        nn.init.orthogonal_(self.rnn.weight_hh_l1)

    def forward(self, windows):
        state, scores = None, []
        for window in windows:
            output, state = self.rnn(window, state)
            scores.append(self.score(output).squeeze(1))
        return torch.cat(scores)  # (L, letters)


def train(model, epochs=EPOCHS):
    """Adam at 0.1, falling; in each epoch as many updates as there are windows."""
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.85)
    for _ in range(epochs):
        for _ in windows:
            loss = nn.functional.cross_entropy(model(windows), following)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            optimizer.step()
        schedule.step()
    return loss.item()


def continued(model):
    """The first character, and what the model makes of it and all that follows."""
    with torch.no_grad():
        return SENTENCE[0] + "".join(letters[k] for k in model(windows).argmax(1))


def learnt():
    """Train from one start after another until one of them tells the two places apart."""
    for seed in range(2, 22):
        torch.manual_seed(seed)
        model = CharRNN(len(letters))
        loss = train(model)
        text = continued(model)
        print(f"start {seed}: loss {loss:.4f} after {EPOCHS} epochs: {text}")
        if text == SENTENCE:
            return model
    raise SystemExit("no start tells the two places apart")


if __name__ == "__main__":
    torch.set_num_threads(1)  # the layers are tiny
    with rnnscope.watch() as seen:  # one epoch is enough to see every line at work
        train(CharRNN(len(letters)), epochs=1)
    print("findings:", len(seen.findings))
    print(continued(learnt()))
