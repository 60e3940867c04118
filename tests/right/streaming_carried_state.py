import torch
import torch.nn as nn


class StreamingDetector:
    """Feeds frames one at a time, keeps (h, c) between the calls of one stream."""

    def __init__(self, lstm, head):
        self.lstm, self.head = lstm, head
        self.reset()

    def reset(self):
        self.state = None

    @torch.no_grad()
    def push(self, frame):
        y, self.state = self.lstm(frame[None, None], self.state)
        return torch.sigmoid(self.head(y[0, 0])).item()


torch.manual_seed(29)
lstm, head = nn.LSTM(3, 12), nn.Linear(12, 1)
opt = torch.optim.Adam([*lstm.parameters(), *head.parameters()], lr=0.02)
for _ in range(20):
    x = torch.randn(15, 10, 3)
    y = (x[..., 0].cumsum(0) > 0).float()
    logit = head(lstm(x)[0]).squeeze(-1)
    loss = nn.functional.binary_cross_entropy_with_logits(logit, y)
    opt.zero_grad()
    loss.backward()
    opt.step()
lstm.eval()
det = StreamingDetector(lstm, head)
worst = 0.0
for s in range(2):
    det.reset()  # new stream, new state
    stream = torch.randn(15, 3)
    online = torch.tensor([det.push(f) for f in stream])
    with torch.no_grad():
        offline = torch.sigmoid(head(lstm(stream.unsqueeze(1))[0])).flatten()
    worst = max(worst, (online - offline).abs().max().item())
print("loss %.4f" % loss.item(), "stream equals full:", worst < 1e-5)
