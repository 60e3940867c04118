"""A failed call is blamed on the line where its argument became wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

import rnnscope

HEAD = "import torch\nfrom torch import nn\n"
# Programs whose line at fault is marked; the last line is the call where it shows.
PROGRAMS = {
    "zeros": "h = torch.zeros(3, 1, 6)  #!\nnn.GRU(4, 6)(torch.randn(5, 3, 4), h)",
    "filled": "h = torch.empty(3, 1, 6)  #!\nh.normal_()\nnn.GRU(4, 6)(torch.randn(5, 3, 4), h)",
    "passed on": (
        "def start(n):\n    return torch.zeros(n, 1, 6)  #!\ndef kept(h):\n    return h.clone()\n"
        "h = kept(start(3)).contiguous()\nnn.GRU(4, 6)(torch.randn(5, 3, 4), h)"
    ),
    "one of two": (
        "h = torch.zeros(3, 6)\nc = torch.zeros(3, 6)[None]  #!\n"
        "nn.LSTMCell(4, 6)(torch.randn(3, 4), (h, c))"
    ),
    "layer": (
        "x = torch.randn(5, 3, 4)\n_, h = nn.GRU(4, 6, bidirectional=True)(x)  #!\nh = h.tanh()\n"
        "nn.GRU(4, 6)(x, h)"
    ),
    "joined": "x = torch.randn(5, 3, 8)\nx = x.view(5, -1)  #!\nnn.GRU(8, 6)(x)",
    "dtype": "x = torch.ones(5, 3, 4).double()  #!\nx = x + 1\nnn.GRU(4, 6)(x)",
    "numpy": "import numpy as np\nx = torch.from_numpy(np.zeros((5, 3, 4)))  #!\nnn.GRU(4, 6)(x)",
    "device": "h = torch.zeros(1, 3, 6, device='meta')  #!\nnn.GRU(4, 6)(torch.randn(5, 3, 4), h)",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_place_is_where_it_was_made_and_the_call_is_beside_it(
    name: str, tmp_path: Path
) -> None:
    if name == "numpy":
        pytest.importorskip("numpy")
    lines = (HEAD + PROGRAMS[name]).split("\n")
    path = tmp_path / f"{name.replace(' ', '_')}.py"
    path.write_text("\n".join(lines) + "\n")
    seen = rnnscope.watch(show=False)
    with pytest.raises((RuntimeError, ValueError, IndexError)), seen:
        exec(compile(path.read_text(), str(path), "exec"), {"__name__": "program"})
    (finding,) = seen.findings
    marked = [number for number, line in enumerate(lines, 1) if line.endswith("#!")]
    assert finding.location is not None
    assert [finding.location.line] == marked
    assert [related.location.line for related in finding.related] == [len(lines)]


def test_what_is_silenced_where_it_shows_stays_silent(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(f"{HEAD}{PROGRAMS['zeros']}  # noqa: RNN2\n".replace("  #!", ""))
    seen = rnnscope.watch(show=False)
    with pytest.raises(RuntimeError), seen:
        exec(compile(path.read_text(), str(path), "exec"), {"__name__": "program"})
    assert seen.findings == ()


NET = (
    "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    "        self.rnn, self.state = nn.GRU(2, 8), None\n    def forward(self, x):\n"
    "        y, self.state = self.rnn(x, self.state)\n        return y\n"
    "net = Net()\nfor x in torch.randn(2, 5, 3, 2):\n    net(x).sum().backward()"
)
REPAIRS = {
    "numpy": (PROGRAMS["numpy"], "+ x = torch.from_numpy(np.zeros((5, 3, 4))).float()  #!"),
    "kept": (NET, "+ self.state = self.state.detach()"),
    "packed rows are no features": (
        "x = nn.utils.rnn.pack_sequence([torch.randn(2, 5), torch.randn(1, 5)])\n"
        "gru = nn.GRU(3, 6)\ngru(x)",
        "+ gru = nn.GRU(5, 6)",
    ),
    "lengths": (
        "x = torch.randn(8, 9, 4)\nnn.utils.rnn.pack_padded_sequence(x, [9] * 7, True)",
        "",
    ),
}


@pytest.mark.parametrize("name", REPAIRS)
def test_the_repair_is_that_of_the_cause(name: str, tmp_path: Path) -> None:
    if name == "numpy":
        pytest.importorskip("numpy")
    program, repaired = REPAIRS[name]
    path = tmp_path / f"{name.replace(' ', '_')}.py"
    path.write_text(f"{HEAD}{program}\n")
    seen = rnnscope.watch(show=False)
    with pytest.raises((RuntimeError, ValueError)), seen:
        exec(compile(path.read_text(), str(path), "exec"), {"__name__": "program"})
    (finding,) = seen.findings
    text = finding.repair.text if finding.repair else ""
    assert text.splitlines()[-1:] == ([repaired] if repaired else [])
