"""What torch takes without a word and does nothing with: dropout's mode, freezes, a cell's bias."""

from __future__ import annotations

from pathlib import Path

import pytest

import rnnscope
from rnnscope.findings import Finding

HEAD = """\
import torch
from torch import nn
import torch.nn.functional as F
"""
MODEL = """
class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(4, 6, batch_first=True)
    def forward(self, x):
        return self.rnn(x)[1][-1]
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = Encoder()
        self.out = nn.Linear(6, 2)
    def forward(self, x):
        return self.out({dropped})
net = Net()
"""
TRAINING = """
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for x in torch.randn({steps}, 3, 5, 4):
    net.train()
    net(x).pow(2).mean().backward()
    optimizer.step()
    optimizer.zero_grad()
"""
EVALUATION = """
net.eval()
with torch.no_grad():
    for x in torch.randn(3, 2, 5, 4):
        net(x)
"""


def trained(frozen: str = "", steps: int = 3, dropped: str = "self.encoder(x)") -> str:
    return HEAD + MODEL.format(dropped=dropped) + frozen + TRAINING.format(steps=steps)


def evaluated(dropped: str, steps: int = 2) -> str:
    return trained(steps=steps, dropped=dropped) + EVALUATION


def found(source: str, folder: Path) -> tuple[Finding, ...]:
    """What a watch finds in a program that lies in a file of its own."""
    path = folder / "program.py"
    path.write_text(source, encoding="utf-8")
    code = compile(source, str(path), "exec")
    with rnnscope.watch() as seen:
        exec(code, {"__name__": "program"})
    return seen.findings


def told(source: str, folder: Path) -> list[tuple[str, str]]:
    """Each finding's code and the line that it points at."""
    lines = source.split("\n")
    return [
        (finding.code, lines[finding.location.line - 1].strip() if finding.location else "")
        for finding in found(source, folder)
    ]


ALWAYS_ON = [
    "F.dropout(self.encoder(x), p=0.4)",
    "F.dropout(self.encoder(x))",
    "F.dropout(\n            self.encoder(x),\n            0.4,\n        )",
    "nn.functional.dropout(input=self.encoder(x), inplace=False)",
    "F.dropout1d(self.encoder(x), 0.2)",
    "F.dropout2d(self.encoder(x)[..., None, None], 0.2).flatten(1)",
]
TOLD_THE_MODE = [
    "F.dropout(self.encoder(x), p=0.4, training=self.training)",
    "F.dropout(self.encoder(x), 0.4, self.training)",
    "F.dropout(self.encoder(x), 0.4, True)",
    "F.dropout(self.encoder(x), training=True)",
    "F.dropout(self.encoder(x), **{'training': True})",
    "F.dropout(self.encoder(x), *(0.4, True))",
    "F.dropout(self.encoder(x), p=0.0)",
    "F.alpha_dropout(self.encoder(x), 0.4)",
    "nn.Dropout(0.4).train()(self.encoder(x))",
]


@pytest.mark.parametrize("dropped", ALWAYS_ON)
def test_dropout_that_is_not_told_the_mode_is_found(dropped: str, tmp_path: Path) -> None:
    (finding,) = found(evaluated(dropped), tmp_path)
    assert finding.code == "RNN115"
    assert "training=self.training" in (finding.fix or "")


@pytest.mark.parametrize("dropped", TOLD_THE_MODE)
def test_dropout_that_is_told_the_mode_is_silent(dropped: str, tmp_path: Path) -> None:
    assert told(evaluated(dropped), tmp_path) == []


def test_dropout_is_found_after_long_training(tmp_path: Path) -> None:
    source = evaluated("F.dropout(self.encoder(x), 0.4)", steps=60)
    assert [code for code, _ in told(source, tmp_path)] == ["RNN115"]


def test_dropout_in_training_alone_is_silent(tmp_path: Path) -> None:
    assert told(trained(dropped="F.dropout(self.encoder(x))"), tmp_path) == []


def test_dropout_outside_of_any_module_is_silent(tmp_path: Path) -> None:
    assert told(evaluated("self.encoder(x)") + "y = F.dropout(net(x), 0.4)\n", tmp_path) == []


ON_PARAMETERS = "for param in net.encoder.parameters():\n    {} = {}\n"
WITHOUT_EFFECT = {
    "param.require_grad = False": ON_PARAMETERS.format("param.require_grad", False),
    "param.requires_gard = False": ON_PARAMETERS.format("param.requires_gard", False),
    "param.requires_grad_ = False": ON_PARAMETERS.format("param.requires_grad_", False),
    "net.encoder.rnn.weight_hh_l0.required_grad = False": (
        "net.encoder.rnn.weight_hh_l0.required_grad = False\n"
    ),
    "net.encoder.requires_grad = False": "net.encoder.requires_grad = False\n",
    "net.encoder.require_grad = False": "net.encoder.require_grad = False\n",
    "net.encoder.rnn.requires_grad = False  # all of it": (
        "for weight in net.out.parameters():\n    weight.requires_grad = False\n"
        "net.out.bias.requires_grad = False\nx = torch.zeros(3)\nx.requires_grad = False\n"
        "net.encoder.rnn.requires_grad = False  # all of it\n"
    ),
    "param.require_grad = True": (
        "net.encoder.requires_grad_(False)\n" + ON_PARAMETERS.format("param.require_grad", True)
    ),
}
TAKES_EFFECT = {
    "parameters": ON_PARAMETERS.format("param.requires_grad", False),
    "module": "net.encoder.requires_grad_(False)\n",
    "both": "net.encoder.requires_grad = False\nnet.encoder.requires_grad_(False)\n",
    "another attribute": ON_PARAMETERS.format("param.require_grad_sync", False),
    "no flag": ON_PARAMETERS.format("param.require_grad", "'no'"),
    "a flag of its own": (
        "class Flagged(Encoder):\n    def __init__(self):\n        super().__init__()\n"
        "        self.requires_grad = False\nnet.encoder = Flagged()\n"
    ),
    "a flag that its class reads": (
        "class Flagged(Encoder):\n    def forward(self, x):\n"
        "        h_n = super().forward(x)\n"
        "        return h_n if self.requires_grad else h_n * 2\n"
        "net.encoder = Flagged()\nnet.encoder.requires_grad = False\n"
    ),
}


@pytest.mark.parametrize("line", WITHOUT_EFFECT)
def test_freeze_without_effect_is_found_where_it_is_written(line: str, tmp_path: Path) -> None:
    assert told(trained(WITHOUT_EFFECT[line]), tmp_path) == [("RNN125", line)]


@pytest.mark.parametrize("frozen", TAKES_EFFECT.values(), ids=list(TAKES_EFFECT))
def test_freeze_that_takes_effect_is_silent(frozen: str, tmp_path: Path) -> None:
    assert told(trained(frozen), tmp_path) == []


def test_every_line_of_a_misspelt_freeze_is_told(tmp_path: Path) -> None:
    twice = "".join(
        f"for param in net.{part}.parameters():\n    param.require_grad = False\n"
        for part in ("encoder", "out")
    )
    (finding,) = found(trained(twice), tmp_path)
    assert "6 parameters are still trained" in finding.message
    assert finding.location is not None
    assert [other.location.line for other in finding.related] == [finding.location.line + 2]


def test_freeze_before_fine_tuning_is_found_after_long_training(tmp_path: Path) -> None:
    line = "net.encoder.requires_grad = False"
    source = trained(steps=61) + line + TRAINING.format(steps=2)
    assert told(source, tmp_path) == [("RNN125", line)]


def test_freeze_that_no_line_shows_has_no_place(tmp_path: Path) -> None:
    source = trained(ON_PARAMETERS.format("vars(param)['require_grad']", False))
    assert told(source, tmp_path) == [("RNN125", "")]


BIASES = [
    ("RNNCell(4, 6, 'relu')", "nonlinearity='relu'"),
    ("GRUCell(4, 6, 'relu')", "bias=True or bias=False"),
    ("LSTMCell(4, 6, 0.5)", "nn.Dropout(0.5)"),
    ("LSTMCell(4, 6, 2)", "nn.ModuleList"),
    ("GRUCell(4, 6, torch.device('cpu'))", "device='cpu'"),
    ("GRUCell(4, 6, torch.float64)", "dtype=torch.float64"),
    ("GRUCell(4, 6, bias='False')", "bias=True or bias=False"),
]


@pytest.mark.parametrize(("cell", "meant"), BIASES)
def test_what_is_taken_for_bias_is_found(cell: str, meant: str, tmp_path: Path) -> None:
    (finding,) = found(f"{HEAD}nn.{cell}\n", tmp_path)
    assert finding.code == "RNN114"
    assert meant in (finding.fix or "")


@pytest.mark.parametrize("bias", ["True", "False", "1", "0", "None", "bias=True"])
def test_a_bias_is_silent(bias: str, tmp_path: Path) -> None:
    assert told(f"{HEAD}nn.RNNCell(4, 6, {bias})\n", tmp_path) == []
