"""What the first repair of a finding is, for code that is only read: nothing here is run."""

from __future__ import annotations

import linecache
from pathlib import Path
from typing import Any

import pytest

from rnnscope.findings import Finding, Location, Severity
from rnnscope.repair import completed
from rnnscope.repair.code import code_of
from rnnscope.repair.edits import applied
from rnnscope.repair.table import suggestions
from rnnscope.spans import tree_of

LSTM = "class Net(nn.Module):\n    def __init__(self):\n        self.rnn = nn.LSTM(4, 6)\n"
FORWARD = "    def forward(self, x, lengths):\n"
# A code, a program whose line with the finding ends in #!, and what that or another line becomes.
CASES = {
    "mask": (
        "RNN501",
        "s = s.masked_fill(mask, 1e-10)  #!\n",
        's = s.masked_fill(mask, float("-inf"))',
    ),
    "packed": (
        "RNN501",
        f"{LSTM}{FORWARD}        out, _ = self.rnn(x)  #!\n        return out\n",
        "        out, _ = torch.nn.utils.rnn.pad_packed_sequence(out)",
    ),
    "packed already": (
        "RNN501",
        f"{LSTM}{FORWARD}        p = pack_padded_sequence(x, lengths)\n"
        "        _, h = self.rnn(x)  #!\n",
        "        _, h = self.rnn(p)",
    ),
    "sorted alone": (
        "RNN514",
        "lens = sorted([1, 2])\np = pack_padded_sequence(x, lens)  #!\n",
        "p = pack_padded_sequence(x, lens, enforce_sorted=False)",
    ),
    "one short": (
        "RNN514",
        "p = pack_padded_sequence(x, lens - 1)  #!\n",
        "p = pack_padded_sequence(x, lens)",
    ),
    "flipped": (
        "RNN515",
        "x = pad_sequence(rows, batch_first=True).flip(1)  #!\n",
        "x = pad_sequence([each.flip(0) for each in rows], batch_first=True)",
    ),
    "rows": (
        "RNN502",
        "x, l, y = batch\nl, order = l.sort()\nx = x[order]  #!\n",
        "y = y[order]",
    ),
    "dropped result": ("RNN413", "drop(h)  #!\n", "h = drop(h)"),
    "forgotten result": ("RNN413", "p = pack(e)  #!\nout = rnn(e)\n", "out = rnn(p)"),
    "repeated": (
        "RNN303",
        "q = h.repeat(steps, 1).view(n, steps, size)  #!\n",
        "q = h.unsqueeze(1).repeat(1, steps, 1)",
    ),
    "next cell": (
        "RNN490",
        "h1, c1 = one(x, (h1, c1))  #!\nh2, c2 = two(x, (h2, c2))\n",
        "h2, c2 = two(h1, (h2, c2))",
    ),
    "evaluation": (
        "RNN607",
        "def ask(model, x):\n    with torch.no_grad():\n        return model(x)  #!\n",
        "    model.eval()",
    ),
    "gradients": (
        "RNN192",
        "for x in data:\n    f(x).backward()  #!\n    opt.step()\n",
        "    opt.zero_grad()",
    ),
    "cell": (
        "RNN608",
        "cell = nn.GRUCell(4, 6)\nfor x in data:\n    h = cell(x)  #!\n",
        "    h = cell(x, h)",
    ),
    "caller": (
        "RNN604",
        "def step(x, s):\n    y, s = rnn(x, s)  #!\n    return y, s\n"
        "for x in data:\n    y, new = step(x, old)\n",
        "    y, old = step(x, old)",
    ),
    "pair": (
        "RNN651",
        "rnn = nn.LSTM(4, 6)\nfor x in data:\n    y, s = rnn(x, s)\n    y.sum().backward()  #!\n",
        "    s = tuple(part.detach() for part in s)",
    ),
    "layers before directions": (
        "RNN403",
        "h = h.view(2, layers, n, size)\nlast = h[:, -1]  #!\n",
        "last = h[-1]",
    ),
    "undone": (
        "RNN202",
        "gru = nn.GRU(4, 6)\ndef start(h):\n    return h.transpose(0, 1)\n"
        "out, _ = gru(x, start(h))  #!\n",
        "    return h",
    ),
    "like the other": (
        "RNN204",
        "cell = nn.LSTMCell(4, 6)\nh = torch.zeros(1, 6)\nc = torch.zeros(n, 6)\n"
        "h, c = cell(x, (h, c))  #!\n",
        "h = torch.zeros(n, 6)",
    ),
    "other layout": (
        "RNN706",
        "p = pack_padded_sequence(x, n, batch_first=True)\n"
        "out, _ = pad_packed_sequence(p)\nloss = f(out, y)  #!\n",
        "out, _ = pad_packed_sequence(p, batch_first=True)",
    ),
}
FIXES = {
    "RNN204": "h_0 = h_0.expand(5, -1).contiguous()",
    "RNN202": "h_0 = h_0.transpose(0, 1).contiguous()",
}


def found(tmp_path: Path, code: str, text: str, **values: Any) -> Finding:
    """A finding at the marked line of a file that was just written."""
    path = tmp_path / "program.py"
    path.write_text(text, encoding="utf-8")
    for cached in (linecache.clearcache, tree_of.cache_clear, code_of.cache_clear):
        cached()
    line = 1 + [row.endswith("#!") for row in text.split("\n")].index(True)
    place = Location(str(path), line)
    return Finding(code, "n", Severity.ERROR, "m", FIXES.get(code), place, values=values)


@pytest.mark.parametrize("name", CASES)
def test_the_first_repair_is(name: str, tmp_path: Path) -> None:
    code, text, wanted = CASES[name]
    suggestion = next(suggestions(found(tmp_path, code, text)))
    repaired = applied(text, suggestion.edits).split("\n")
    assert wanted in [line.removesuffix("  #!") for line in repaired]
    assert wanted not in text.split("\n")


def test_a_new_line_leaves_the_place_and_shows_what_it_follows(tmp_path: Path) -> None:
    code, text, _ = CASES["pair"]
    finding = found(tmp_path, code, text)
    [told] = completed([finding])
    assert told.location == finding.location
    assert told.repair is not None
    assert told.repair.text.splitlines() == [
        "  y.sum().backward()  #!",
        "+ s = tuple(part.detach() for part in s)",
    ]


def test_a_state_from_before_the_step_is_blamed_where_it_was_made(tmp_path: Path) -> None:
    text = (
        "class Net(nn.Module):\n    def __init__(self):\n        self.rnn = nn.GRU(4, 6)\n"
        "        self.h = torch.zeros(8, 1, 6)\n"
        "    def forward(self, x):\n        return self.rnn(x, self.h)  #!\n"
    )
    [told] = completed([found(tmp_path, "RNN202", text)])
    assert told.location is not None
    assert told.location.line == 4
    assert [related.location.line for related in told.related] == [6]
