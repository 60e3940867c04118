"""Proofs by running: each mistake is found at its line, its corrected twin is silent."""

from __future__ import annotations

import linecache
import random
from collections.abc import Mapping
from textwrap import dedent, indent
from typing import Any

import pytest
import torch
from torch import nn

from rnnscope.findings import Finding
from rnnscope.recording.nest import map_tensors, tensors_in
from rnnscope.watching import watch

HEAD = """\
import torch
from torch import nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(0)
"""


def model(layers: str, forward: str, arguments: str = "x") -> str:
    """The source of a module with these layers and this forward."""
    return (
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        + indent(dedent(layers).strip(), " " * 8)
        + f"\n    def forward(self, {arguments}):\n"
        + indent(dedent(forward).strip(), " " * 8)
        + "\nnet = Net()\noptimizer = torch.optim.SGD(net.parameters(), lr=0.1)\n"
    )


SHUFFLED = """
data = TensorDataset(torch.randn(24, 5, 4), torch.randint(0, 2, (24,)))
for x, y in DataLoader(data, batch_size=6, shuffle=True):
    loss = F.cross_entropy(net(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""
PADDED = """
for step in range(2):
    sequences = [torch.randint(1, 30, (n,)) for n in (3, 9, 5, 12, 7)]
    lengths = torch.tensor([len(s) for s in sequences])
    x = pad_sequence(sequences, batch_first=True)
    loss = F.cross_entropy(net(x, lengths), torch.tensor([0, 1, 1, 0, 1]))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""
GRU = "self.gru = nn.GRU(4, 6, batch_first=True)\nself.out = nn.Linear(6, 2)"
WORDS = "self.embed = nn.Embedding(30, 4, padding_idx=0)\n" + GRU
PACK = "packed = pack_padded_sequence({}, lengths, batch_first=True, enforce_sorted={})\n"

# name -> (code, source); the line at fault ends with "# <-", and {…|…} is buggy|fixed.
PAIRS: Mapping[str, tuple[str, str]] = {
    "spread over the batch": (
        "RNN390",
        model(
            GRU,
            "states, _ = self.gru(x)\n"
            "centred = states - states.median(dim={0|1}, keepdim=True).values  # <-\n"
            "return self.out(centred.abs().amax(dim=1))",
        )
        + SHUFFLED,
    ),
    "sorted and not restored": (
        "RNN502",
        model(
            WORDS,
            "lengths, order = lengths.sort(descending=True)\nx = x[order]  # <-\n"
            + PACK.format("self.embed(x)", True)
            + "_, h_n = self.gru(packed)\nreturn self.out(h_n[-1]{|[order.argsort()]})",
            "x, lengths",
        )
        + PADDED,
    ),
    "sorted twice": (
        "RNN502",
        model(
            WORDS,
            "lengths, order = lengths.sort(descending=True)\n"
            + PACK.format("self.embed(x)[order]", True)
            + "_, h_n = self.gru(packed)\nlast = h_n[-1][order{|.argsort()}]  # <-\n"
            "return self.out(last)",
            "x, lengths",
        )
        + PADDED,
    ),
    "state of the batch before": (
        "RNN601",
        model(
            GRU + "\nself.state = None",
            "states, state = self.gru(x, {self.state|None})  # <-\nself.state = state.detach()\n"
            "return self.out(states[:, -1])",
        )
        + SHUFFLED,
    ),
    "reset of another attribute": (
        "RNN602",
        model(
            GRU + "\nself.state = torch.zeros(1, 1, 6)",
            "states, state = self.gru(x, self.state)\nself.state = state.detach()\n"
            "return self.out(states[:, -1])",
        )
        + "for x in torch.randn(5, 1, 7, 4):\n"
        "    net.{hidden|state} = torch.zeros(1, 1, 6)  # <-\n"
        "    optimizer.zero_grad()\n    net(x).sum().backward()\n    optimizer.step()\n",
    ),
    "fresh states dropped": (
        "RNN602",
        model(
            GRU + "\nself.state = self.init_state()",
            "states, state = self.gru(x, self.state)\nself.state = state.detach()\n"
            "return self.out(states[:, -1])",
        ).replace(
            "    def forward",
            "    def init_state(self):\n        return torch.zeros(1, 1, 6)\n    def forward",
            1,
        )
        + "for x in torch.randn(5, 1, 7, 4):\n"
        "    {|net.state = }net.init_state()  # <-\n"
        "    optimizer.zero_grad()\n    net(x).sum().backward()\n    optimizer.step()\n",
    ),
    "random start of a cell": (
        "RNN603",
        model(
            "self.cell = nn.LSTMCell(4, 6)\nself.out = nn.Linear(6, 2)",
            "h = torch.{rand|zeros}(len(x), 6)  # <-\nc = torch.zeros_like(h)\n"
            "for x_t in x.unbind(1):\n    h, c = self.cell(x_t, (h, c))\nreturn self.out(h)",
        )
        + SHUFFLED
        + "with torch.no_grad():\n    net.eval()(x)\n",
    ),
    "half of the features thrown away": (
        "RNN403",
        model(
            "self.gru = nn.GRU(4, 6, batch_first=True, bidirectional=True)\n"
            "self.out = nn.Linear({6|12}, 2)",
            "states, _ = self.gru(x)\nahead, back = states.chunk(2, dim=-1)  # <-\n"
            "return self.out({ahead|torch.cat((ahead, back), -1)}.mean(1))",
        )
        + SHUFFLED,
    ),
    "layers in a dict": (
        "RNN190",
        model(
            "self.layers = {{a: nn.GRU(4, 6, batch_first=True)}|"
            "nn.ModuleDict({a: nn.GRU(4, 6, batch_first=True)})}  # <-\n"
            "self.out = nn.Linear(6, 2)".replace("a:", "'a':"),
            "return self.out(self.layers['a'](x)[0][:, -1])",
        )
        + SHUFFLED,
    ),
    "a layer built in forward": (
        "RNN190",
        model(
            "self.gru = nn.GRU(4, 6, batch_first=True)\nself.out = nn.Linear(6, 2)",
            "gru = {nn.GRU(4, 6, batch_first=True)|self.gru}  # <-\n"
            "return self.out(gru(x)[0][:, -1])",
        )
        + SHUFFLED,
    ),
    "the answer is the input": (
        "RNN711",
        model(WORDS.replace("(6, 2)", "(6, 30)"), "return self.out(self.gru(self.embed(x))[0])")
        + "text = torch.randint(1, 30, (3, 8))\nscores = net(text)\n"
        "{F.cross_entropy(scores.flatten(0, 1), text.flatten())|"
        "F.cross_entropy(scores[:, :-1].flatten(0, 1), text[:, 1:].flatten())}.backward()  # <-\n",
    ),
    "the future is known": (
        "RNN712",
        model(
            "self.gru = nn.GRU(4, 6, batch_first=True{, bidirectional=True|})  # <-\n"
            "self.out = nn.Linear({12|6}, 4)",
            "return self.out(self.gru(x)[0])",
        )
        + "x = torch.randn(3, 8, 4)\nF.mse_loss(net(x[:, :-1]), x[:, 1:]).backward()\n",
    ),
}

CORRECT = {
    "in-batch contrast": model(
        "self.gru = nn.GRU(4, 6, batch_first=True)",
        "texts = F.normalize(self.gru(x)[1][-1], dim=-1)\nreturn texts @ texts.roll(1, 1).t()",
    )
    + SHUFFLED.replace("net(x), y", "net(x), torch.arange(6)"),
    "cells over the nodes of a graph": model(
        "self.cell = nn.GRUCell(4, 6)\nself.out = nn.Linear(6, 2)",
        "h = torch.zeros(x.shape[1], 6)\nfor x_t in x:\n    h = self.cell(near @ x_t, near @ h)\n"
        "return self.out(h)",
        "x, near",
    )
    + "near = torch.randn(9, 9).softmax(1)\nx = torch.randn(5, 9, 4)\n"
    "y = torch.randint(0, 2, (9,))\n"
    "some = torch.randperm(9)[:6]\nF.cross_entropy(net(x, near)[some], y[some]).backward()\n",
    "contiguous pieces with detach": model(
        "self.gru = nn.GRU(4, 6)\nself.out = nn.Linear(6, 4)",
        "states, state = self.gru(x, state)\nreturn self.out(states), state",
        "x, state",
    )
    + "long, state = torch.randn(21, 2, 4), None\nfor start in range(0, 20, 5):\n"
    "    y, state = net(long[start:start + 5], state)\n    state = state.detach()\n"
    "    optimizer.zero_grad()\n    F.mse_loss(y, long[start + 1:start + 6]).backward()\n"
    "    optimizer.step()\n",
    "an autoencoder with a two-way encoder": model(
        "self.embed = nn.Embedding(30, 4)\n"
        "self.read = nn.GRU(4, 3, batch_first=True, bidirectional=True)\n"
        "self.gru = nn.GRU(4, 6, batch_first=True)\nself.out = nn.Linear(6, 30)",
        "_, h_n = self.read(self.embed(x))\nstart = torch.cat((h_n[0], h_n[1]), -1)[None]\n"
        "return self.out(self.gru(self.embed(x[:, :-1]), start)[0])",
    )
    + "x = torch.randint(0, 30, (5, 9))\n"
    "F.cross_entropy(net(x).transpose(1, 2), x[:, 1:]).backward()\n",
    "a frozen encoder": "net = nn.GRU(4, 6, batch_first=True)\nhead = nn.Linear(6, 2)\n"
    "optimizer = torch.optim.SGD(head.parameters(), lr=0.1)\n"
    + SHUFFLED.replace("net(x)", "head(net(x)[1][-1])"),
    "a prompt drawn at evaluation": model(
        GRU + "\nself.start = nn.Linear(4, 6)",
        "noise = torch.randn(len(x), 4)\nh_0 = self.start(noise)[None]\n"
        "return self.out(self.gru(x, h_0)[0][:, -1])",
    )
    + SHUFFLED,
}


def version(source: str, number: int) -> str:
    """Take one side of every ``{buggy|fixed}``."""
    result, depth, start, bars = "", 0, 0, list[int]()
    for place, letter in enumerate(source):
        depth += (letter == "{") - (letter == "}")
        if letter == "{" and depth == 1:
            start, bars = place, []
        elif letter == "|" and depth == 1:
            bars.append(place)
        elif letter == "}" and depth == 0 and bars:
            sides = source[start + 1 : bars[0]], source[bars[0] + 1 : place]
            result += sides[number]
        elif depth == 0:
            result += letter
    return result


def findings(source: str, name: str) -> tuple[Finding, ...]:
    file = f"/nowhere/{name}.py"
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    namespace: dict[str, Any] = {"__name__": "script"}
    with watch() as seen:
        exec(compile(source, file, "exec"), namespace)
    return tuple(f for f in seen.findings if f.severity.counts)


@pytest.mark.parametrize("name", PAIRS)
def test_a_mistake_is_found_at_its_line(name: str) -> None:
    code, source = PAIRS[name]
    source = HEAD + version(source, 0)
    wanted = [n for n, line in enumerate(source.splitlines(), 1) if line.endswith("# <-")]
    found = findings(source, name)
    assert [(f.code, f.location.line) for f in found if f.location] == [(code, wanted[0])]


@pytest.mark.parametrize("name", PAIRS)
def test_the_corrected_twin_is_silent(name: str) -> None:
    assert findings(HEAD + version(PAIRS[name][1], 1), name) == ()


@pytest.mark.parametrize("name", CORRECT)
def test_correct_code_is_silent(name: str) -> None:
    assert findings(HEAD + CORRECT[name], name) == ()


CARRIED = model(
    GRU,
    "states, state = self.gru(x, state)  # <-\nreturn self.out(states[:, -1]), state",
    "x, state",
) + SHUFFLED.replace("net(x)", "scores").replace(
    "    loss =", "    scores, state = net(x, {state.detach()|None})\n    loss =", 1
).replace("for x, y", "state = torch.zeros(1, 6, 6)\nfor x, y")


def test_a_state_that_the_loop_hands_on_is_a_hint() -> None:
    with watch() as seen:
        exec(compile(HEAD + version(CARRIED, 0), "/nowhere/loop.py", "exec"), {"__name__": "s"})
    assert [(f.code, str(f.severity)) for f in seen.findings] == [("RNN601", "hint")]


def test_small_noise_in_training_alone_is_a_hint() -> None:
    source = version(PAIRS["random start of a cell"][1], 0).partition("with torch.no_grad")[0]
    for small, severity in (("", "warning"), (" * 0.01", "hint")):
        text = source.replace("torch.rand(len(x), 6)", f"torch.rand(len(x), 6){small}")
        with watch() as seen:
            exec(compile(HEAD + text, "/nowhere/start.py", "exec"), {"__name__": "s"})
        assert [(f.code, str(f.severity)) for f in seen.findings] == [("RNN603", severity)]


def test_a_mixing_finding_says_by_how_much() -> None:
    (found,) = findings(HEAD + version(PAIRS["spread over the batch"][1], 0), "amount")
    assert "changing sample 0 of the 6 moved sample" in (found.proof or "")
    assert found.related[0].message.startswith("the shuffling DataLoader put the samples")


def test_without_probing_only_copies_are_left_out() -> None:
    source = HEAD + version(PAIRS["spread over the batch"][1], 0)
    with watch(probe=False) as seen:
        exec(compile(source, "/nowhere/none.py", "exec"), {"__name__": "script"})
    assert seen.findings == ()


class Loud(nn.Module):
    """Everything that a copy must keep to itself."""

    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(4, 6, batch_first=True)
        self.register_buffer("calls", torch.zeros(()))
        self.last: torch.Tensor | None = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        print("forward")
        random.random()
        self.calls += 1
        self.last = self.gru(x + torch.rand(()))[0]
        return self.last[:, -1]


def test_the_users_objects_are_untouched(capsys: pytest.CaptureFixture[str]) -> None:
    torch.manual_seed(3)
    random.seed(3)
    loud = Loud()
    x = torch.randn(6, 5, 4)
    with watch():
        loud(x[torch.randperm(6)]).sum().backward()
        before = (torch.get_rng_state(), random.getstate(), loud.last, x.clone())
        weights = {name: (p.clone(), p.grad) for name, p in loud.named_parameters()}
    assert capsys.readouterr().out == "forward\n"
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1] == random.getstate()
    assert loud.last is before[2]
    assert torch.equal(before[3], x)
    assert loud.training
    assert loud.calls == 1
    for name, p in loud.named_parameters():
        assert torch.equal(weights[name][0], p)
        assert p.grad is weights[name][1]
    assert torch.is_grad_enabled()


class Unwilling(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(4, 6)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.gru(x)[1][-1]
        return result

    def __deepcopy__(self, memo: object) -> nn.Module:
        raise RuntimeError("not me")


def test_a_model_that_cannot_be_copied_is_left_alone() -> None:
    with watch() as seen:
        Unwilling()(torch.randn(5, 3, 4)).sum().backward()
    assert seen.findings == ()


def test_map_tensors_keeps_the_nest() -> None:
    packed = nn.utils.rnn.pack_padded_sequence(torch.ones(3, 2, 1), torch.tensor([3, 1]))
    nest = (torch.ones(1), [torch.ones(2), {"a": torch.ones(3)}], packed, "text")
    doubled = map_tensors(nest, lambda t: t * 2)
    assert [float(t.sum()) for t in tensors_in(doubled)] == [2, 4, 6, 8]
    assert type(doubled[2]) is type(packed)
    assert doubled[3] == "text"
