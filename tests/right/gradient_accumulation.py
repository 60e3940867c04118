import torch
import torch.nn as nn

torch.manual_seed(75)
ACC = 4

model = nn.ModuleDict({"rnn": nn.GRU(2, 10, batch_first=True), "fc": nn.Linear(10, 1)})
opt = torch.optim.Adam(model.parameters(), lr=0.01)
opt.zero_grad()
seen, shown = 0.0, []
for micro in range(32):
    x = torch.randn(6, 7, 2)
    y = (x[:, :, 0] * x[:, :, 1]).mean(1)
    _, h = model["rnn"](x)
    loss = nn.functional.mse_loss(model["fc"](h[-1]).squeeze(1), y)
    (loss / ACC).backward()
    seen += loss.item() / ACC
    if (micro + 1) % ACC == 0:
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        opt.zero_grad()
        shown.append(round(seen, 4))
        seen = 0.0
print(shown[0], shown[-1], len(shown))
