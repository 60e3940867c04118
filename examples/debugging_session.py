"""A debugging session: a script that runs and does not learn, and the way to its one wrong line.

The label of a sample is the sign of its first feature over the last steps: an easy task.

Run it: python examples/debugging_session.py
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import rnnscope

SCRIPT = """\
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
torch.set_num_threads(1)
x = torch.randn(256, 12, 6)  # 256 samples of 12 steps with 6 features
y = (x[:, -4:, 0].sum(1) > 0).long()


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(6, 16)
        self.head = nn.Linear(16, 2)

    def forward(self, x):
        output, _ = self.lstm(x)
        return self.head(output[:, -1])


model = Classifier()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
for epoch in range(8):
    for inputs, labels in DataLoader(TensorDataset(x, y), batch_size=32, shuffle=True):
        loss = nn.functional.cross_entropy(model(inputs), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
right = (torch.cat([model(part) for part in x.split(32)]).argmax(1) == y).float().mean()
print(f"accuracy {right.item():.2f}")
"""
REPAIRED = SCRIPT.replace("nn.LSTM(6, 16)", "nn.LSTM(6, 16, batch_first=True)")


def command(*words):
    """Run a command and return all that it printed, and its exit status."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", *words], capture_output=True, text=True, check=False
    )
    return (done.stdout + done.stderr).strip(), done.returncode


def session(folder):
    """The steps of the session; returns what each of them printed."""
    script = Path(folder, "train.py")
    script.write_text(SCRIPT, encoding="utf-8")
    watch = ("-m", "rnnscope", "run", "--format", "plain", str(script))
    steps = {"1. It runs, it hardly learns, and this is what rnnscope says of it:": command(*watch)}

    layer = rnnscope.inspect("LSTM(6, 16)").layers[0]
    symbols = layer.facts.tensor("input").axes.symbols
    steps["2. What does the layer take its input for?"] = (f"{symbols}: time first", 0)

    script.write_text(REPAIRED, encoding="utf-8")
    steps["3. With batch_first=True it is clean, and it learns:"] = command(*watch)
    return steps


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for title, (text, status) in session(folder).items():
            print(f"{title} (exit status {status})\n{text.replace(folder, '.')}\n")
