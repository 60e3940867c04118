"""Tagger: parts of speech for two sentences, with torch's LSTM or one written by hand.

Run it: python examples/tagger.py [torch|reference|scratch]
"""

import sys

import torch
from scratch_lstm import ScratchLSTM
from torch import nn

import rnnscope
from rnnscope.reference import ReferenceRNN

TRAINING = [
    (["The", "dog", "ate", "the", "apple"], ["DET", "NN", "V", "DET", "NN"]),
    (["Everybody", "read", "that", "book"], ["NN", "V", "DET", "NN"]),
]
TAGS = {"DET": 0, "NN": 1, "V": 2}
WORDS: dict[str, int] = {}
for sentence, _ in TRAINING:
    for word in sentence:
        WORDS.setdefault(word, len(WORDS))


def numbered(items, index):
    """Words or tags as a tensor (L,) of their numbers."""
    return torch.tensor([index[item] for item in items])


class Tagger(nn.Module):
    """Embedding 6, LSTM 6, Linear: one sentence (L,) -> scores (L, tags)."""

    def __init__(self, lstm):
        super().__init__()
        self.embedding = nn.Embedding(len(WORDS), 6)
        self.lstm = lstm
        self.score = nn.Linear(6, len(TAGS))

    def forward(self, words):
        # One sentence is a batch of one: (L, N=1, 6).
        output, _ = self.lstm(self.embedding(words).unsqueeze(1))
        return self.score(output.squeeze(1))


def lstm_named(choice):
    """torch's LSTM(6, 6), or a stand-in that starts from the very same weights."""
    lstm = nn.LSTM(6, 6)
    if choice == "reference":
        return ReferenceRNN.of(lstm)
    if choice == "scratch":
        ours = ScratchLSTM(6, 6)
        mapping = rnnscope.verify(ours, like="LSTM(6, 6)")
        ours.load_state_dict(mapping.from_torch(lstm.state_dict()))
        return ours
    return lstm


def tags_of(model, sentence):
    """The best tag of each word."""
    with torch.no_grad():
        return model(numbered(sentence, WORDS)).argmax(1).tolist()


def train(model, epochs=300):
    """SGD at 0.1, one sentence at a time."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(epochs):
        for sentence, tags in TRAINING:
            loss = nn.functional.cross_entropy(
                model(numbered(sentence, WORDS)), numbered(tags, TAGS)
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return loss.item()


if __name__ == "__main__":
    choice = sys.argv[1] if len(sys.argv) > 1 else "torch"
    torch.manual_seed(1)
    lstm = lstm_named(choice)
    torch.manual_seed(2)  # the same embedding and Linear, whichever LSTM was built
    model = Tagger(lstm)
    loss = train(model)
    sentence = TRAINING[0][0]
    print(f"{choice}: loss {loss:.4f}")
    print(" ".join(sentence))
    print(*tags_of(model, sentence))
