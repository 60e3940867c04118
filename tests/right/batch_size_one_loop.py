import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(94)
# after the well-known tagger tutorial: one sentence per step, view(len(sentence), 1, -1)
training = [
    (["the", "dog", "ate", "the", "apple"], ["D", "N", "V", "D", "N"]),
    (["everybody", "read", "that", "book"], ["N", "V", "D", "N"]),
    (["the", "apple", "sat"], ["D", "N", "V"]),
]
words = {w: i for i, w in enumerate(sorted({w for s, _ in training for w in s}))}
tags = {"D": 0, "N": 1, "V": 2}


class LSTMTagger(nn.Module):
    def __init__(self, e, h):
        super().__init__()
        self.word_embeddings = nn.Embedding(len(words), e)
        self.lstm = nn.LSTM(e, h)
        self.hidden2tag = nn.Linear(h, len(tags))

    def forward(self, sentence):
        embeds = self.word_embeddings(sentence)
        lstm_out, _ = self.lstm(embeds.view(len(sentence), 1, -1))
        tag_space = self.hidden2tag(lstm_out.view(len(sentence), -1))
        return F.log_softmax(tag_space, dim=1)


model = LSTMTagger(6, 6)
optimizer = torch.optim.SGD(model.parameters(), lr=0.3)
for epoch in range(10):
    for s, t in training:
        model.zero_grad()
        loss = F.nll_loss(
            model(torch.tensor([words[w] for w in s])), torch.tensor([tags[k] for k in t])
        )
        loss.backward()
        optimizer.step()
with torch.no_grad():
    pred = model(torch.tensor([words[w] for w in training[0][0]])).argmax(1).tolist()
print(round(loss.item(), 4), pred)
