# ruff: noqa: E501 - a table reads best with a row on a line
"""Planted mistakes: one line of a right layer is changed, and verify has to name what."""

from __future__ import annotations

import inspect
import linecache
import textwrap

import handwritten
import pytest

from rnnscope import verify

# name -> class, what it should be, the text that is replaced, its replacement, the rule, words said
PLANTED = {
    "tanh-forgotten-at-the-output": (
        "FusedLSTM", "o * torch.tanh(c)", "o * c", "RNN802", "without tanh"),
    "tanh-forgotten-in-the-candidate": (
        "FusedLSTM", "g = torch.tanh(g)", "g = g", "RNN802", "candidate passes without tanh"),
    "sigmoid-for-tanh": (
        "FusedLSTM", "g = torch.tanh(g)", "g = torch.sigmoid(g)", "RNN802", "sigmoid instead of tanh"),
    "tanh-for-sigmoid-at-the-output-gate": (
        "SeparateGatesLSTM", "o = torch.sigmoid(", "o = torch.tanh(", "RNN802", "output gate passes"),
    "candidate-with-the-wrong-gate": (
        "FusedLSTM", "c = f * c + i * g", "c = f * c + o * g", "RNN802", "input and output gate"),
    "candidate-with-the-forget-gate": (
        "SeparateGatesLSTM", "c = f * c + i * g", "c = f * c + f * g", "RNN802", "forget and input gate"),
    "coupled-gates": (
        "KerasLSTM", "z_i.sigmoid() * z_c", "(1 - z_f.sigmoid()) * z_c", "RNN802", "1 - f"),
    "forget-gate-missing": (
        "CellByHand", "f * c + i * g", "c + i * g", "RNN802", "forget gate is missing"),
    "input-gate-missing": (
        "CellByHand", "f * c + i * g", "f * c + g", "RNN802", "input gate is missing"),
    "output-gate-missing": (
        "CellByHand", "o * torch.tanh(c)", "torch.tanh(c)", "RNN802", "output gate is missing"),
    "old-cell-state-dropped": (
        "CellByHand", "f * c + i * g", "i * g", "RNN802", "dropped"),
    "forget-bias-in-the-code": (
        "CellByHand", "torch.sigmoid(f)", "torch.sigmoid(f + 1.0)", "RNN802", "constant 1"),
    "relu-for-tanh-at-the-output": (
        "CellByHand", "o * torch.tanh(c)", "o * torch.relu(c)", "RNN802", "relu instead of tanh"),
    "output-reads-the-old-cell-state": (
        "CellByHand", "c = f * c + i * g\n        h = o * torch.tanh(c)",
        "h = o * torch.tanh(c)\n        c = f * c + i * g", "RNN802", "step before"),
    "forget-and-input-swapped-by-name": (
        "SeparateGatesLSTM", "c = f * c + i * g", "c = i * c + f * g", "RNN801", "forget gate f"),
    "forget-and-input-swapped-in-the-unpacking": (
        "FusedLSTM", "c = f * c + i * g", "c = i * c + f * g", "RNN801", "input gate i"),
    "candidate-and-output-swapped-under-torch-names": (
        "TorchNames", "i, f, g, o =", "i, f, o, g =", "RNN801", "i f o g"),
    "textbook-names-swapped": (
        "TextbookLSTM", 'pre(gate)) for gate in "ifo"', 'pre(gate)) for gate in "fio"', "RNN801",
        "changed places"),
    "bias-missing-everywhere": (
        "FusedLSTM", "4 * hidden_size)", "4 * hidden_size, bias=False)", "RNN803", "no bias at all"),
    "bias-missing-in-one-gate": (
        "SeparateGatesLSTM", "self.candidate = nn.Linear(input_dim + hidden_dim, hidden_dim)",
        "self.candidate = nn.Linear(input_dim + hidden_dim, hidden_dim, bias=False)", "RNN803", "[g]"),
    "bias-of-the-candidate-outside-the-reset": (
        "OneBiasGRU", "self.U_n = nn.Linear(hidden_size, hidden_size)",
        "self.U_n = nn.Linear(hidden_size, hidden_size, bias=False)", "RNN803", "bias_hh_l0[n]"),
    "reset-before-the-product": (
        "OneBiasGRU", "r * self.U_n(h)", "self.U_n(r * h)", "RNN802", "before the product"),
    "update-gate-turned-round": (
        "FusedGRU", "(1 - z) * n + z * h", "z * n + (1 - z) * h", "RNN802", "turned round"),
    "reset-gate-missing": (
        "FusedGRU", "i_n + r * h_n", "i_n + h_n", "RNN802", "reset gate is missing"),
    "reset-on-the-input-too": (
        "FusedGRU", "torch.tanh(i_n + r * h_n)", "torch.tanh(r * (i_n + h_n))", "RNN802", "as well"),
    "update-instead-of-reset": (
        "FusedGRU", "i_n + r * h_n", "i_n + z * h_n", "RNN802", "update gate instead"),
    "candidate-without-tanh": (
        "FusedGRU", "torch.tanh(i_n + r * h_n)", "(i_n + r * h_n)", "RNN802", "without tanh"),
    "reset-and-update-swapped": (
        "KerasGRU", "chunk(3, -1)\n        h_z", "chunk(3, -1)\n        x_z, x_r = x_r, x_z\n        h_z",
        "RNN801", "different orders"),
    "old-state-dropped": (
        "FusedGRU", "(1 - z) * n + z * h", "(1 - z) * n", "RNN802", "dropped"),
    "rnn-without-activation": (
        "ElmanRNN", "torch.tanh(self.i2h(", "(self.i2h(", "RNN802", "activation is missing"),
    "rnn-with-sigmoid": (
        "ElmanRNN", "torch.tanh(self.i2h(", "torch.sigmoid(self.i2h(", "RNN802", "sigmoid"),
    "one-state-for-all-layers": (
        "StackedRNN", "x_t = states[k] = layer(x_t, states[k])",
        "x_t = states[0] = states[1] = states[2] = layer(x_t, states[0])", "RNN804", "one state round"),
    "first-slot-for-every-layer": (
        "StackedRNN", "states = list(states)", "states = [states[0]] * len(states)", "RNN804",
        "first slot"),
    "upper-layer-starts-from-below": (
        "LayerLoopLSTM", "outputs = []", "outputs = []\n            if finals: h, c = finals[-1]",
        "RNN804", "last state of the layer below"),
    "one-cell-for-all-layers": (
        "LayerLoopLSTM", "w, u, b, h, c in zip(self.w, self.u, self.b,",
        "w, u, b, h, c in zip([self.w[0]] * 2, [self.u[0]] * 2, [self.b[0]] * 2,", "RNN811", "one layer"),
    "backward-half-not-turned-back": (
        "BothWaysGRU", "b = b.flip(0)", "b = b", "RNN812", "order in which it was read"),
    "backward-half-reads-forwards": (
        "BothWaysGRU", "self.run(back, x.flip(0)", "self.run(back, x", "RNN8", ""),
    "backward-half-first": (
        "BothWaysGRU", "torch.cat([f, b], -1)", "torch.cat([b, f], -1)", "RNN812", "before the forward"),
    "directions-before-layers": (
        "BothWaysGRU", "torch.stack(finals)", "torch.stack(finals[0::2] + finals[1::2])", "RNN816",
        "(direction, layer)"),
    "one-weight-for-both-directions": (
        "BothWaysGRU", "self.run(back,", "self.run(there,", "RNN812", "forward half's weights"),
    "states-in-each-others-place": (
        "CellLoopLSTM", "(torch.stack(h), torch.stack(c))", "(torch.stack(c), torch.stack(h))", "RNN816",
        "each other's place"),
    "states-batch-first": (
        "CellLoopLSTM", "(torch.stack(h), torch.stack(c))", "(torch.stack(h, 1), torch.stack(c, 1))",
        "RNN808", "batch first"),
    "only-the-last-layers-state": (
        "CellLoopLSTM", "(torch.stack(h), torch.stack(c))", "(h[-1], c[-1])", "RNN808",
        "one slot for each layer"),
    "batch-first-undone-twice": (
        "CellLoopLSTM", "output = output.transpose(0, 1)", "pass", "RNN808", "changed places"),
    "batch-first-ignored": (
        "CellLoopLSTM", "if self.batch_first:", "if False:", "RNN808", "batch_first=True is given"),
    "state-not-carried": (
        "FusedGRU", "h = (1 - z) * n + z * h\n            outputs.append(h)",
        "outputs.append((1 - z) * n + z * h)", "RNN813", "not carried"),
    "initial-state-ignored": (
        "FusedGRU", "h = h0[0]", "h = torch.zeros_like(h0[0])", "RNN813", "not used"),
    "output-one-step-late": (
        "FusedGRU", "h = (1 - z) * n + z * h\n            outputs.append(h)",
        "outputs.append(h)\n            h = (1 - z) * n + z * h", "RNN816", "one step late"),
    "cell-state-as-output": (
        "FusedLSTM", "outputs.append(h)", "outputs.append(c)", "RNN816", "cell state"),
    "detached-between-steps": (
        "FusedGRU", "h = (1 - z) * n + z * h", "h = ((1 - z) * n + z * h.detach())", "RNN810", "gradient"),
    "samples-averaged": (
        "FusedGRU", "self.x2h(x_t)", "self.x2h(x_t - x_t.mean(0))", "RNN806", "sample 0"),
    "future-averaged": (
        "FusedGRU", "for x_t in x:", "for x_t in x - x.mean(0):", "RNN807", "earlier step"),
    "layer-normalised": (
        "FusedGRU", "self.x2h(x_t)", "F.layer_norm(self.x2h(x_t), (h.size(-1) * 3,))", "RNN818",
        "no known mistake"),
    "outputs-kept-on-self": (
        "FusedGRU", "outputs = []", "self.kept = outputs = getattr(self, 'kept', [])", "RNN809",
        "kept"),
    "noise-in-training-only": (
        "FusedGRU", "self.x2h(x_t)", "self.x2h(x_t + 0.1 * self.training)", "RNN814", "training mode"),
    "reshape-for-transpose": (
        "CellLoopLSTM", "input = input.transpose(0, 1)",
        "input = input.reshape(input.size(1), input.size(0), -1)", "RNN806", "sample 0"),
}  # fmt: skip

EXTRA = """
class CellByHand(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.linear = nn.Linear(input_size + hidden_size, 4 * hidden_size)

    def forward(self, x, state):
        h, c = state
        i, f, g, o = self.linear(torch.cat([x, h], 1)).chunk(4, 1)
        i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
        c = f * c + i * g
        h = o * torch.tanh(c)
        return h, c


class TorchNames(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.weight_ih = nn.Parameter(torch.randn(4 * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.randn(4 * hidden_size, hidden_size))
        self.bias_ih = nn.Parameter(torch.zeros(4 * hidden_size))
        self.bias_hh = nn.Parameter(torch.zeros(4 * hidden_size))

    def forward(self, x, state):
        h, c = state
        pre = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = pre.chunk(4, -1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c
"""
EXTRA += """

class TwoStacks(nn.Module):
    def __init__(self, input_size, hidden_size, num_layers):
        super().__init__()
        self.there = nn.GRU(input_size, hidden_size, num_layers)
        self.back = nn.GRU(input_size, hidden_size, num_layers)

    def forward(self, x):
        there, _ = self.there(x)
        back, _ = self.back(x.flip(0))
        return torch.cat([there, back.flip(0)], -1)


class RandomStart(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.gru = nn.GRU(input_size, hidden_size)

    def forward(self, x):
        return self.gru(x, torch.randn(1, x.size(1), self.gru.hidden_size))


class KeptState(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.gru = nn.GRU(input_size, hidden_size)
        self.state = None

    def forward(self, x):
        output, self.state = self.gru(x, self.state)
        return output


class LearnedStart(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.gru = nn.GRU(input_size, hidden_size)
        self.start = nn.Parameter(torch.zeros(1, 1, hidden_size))

    def forward(self, x):
        return self.gru(x, self.start.repeat(1, x.size(1), 1))


class Normalised(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.gru = nn.GRU(input_size, hidden_size)
        self.norm = nn.LayerNorm(input_size)

    def forward(self, x):
        return self.gru(self.norm(x))
"""
WHOLE = {
    "TwoStacks": ("GRU(10, 20, num_layers=2, bidirectional=True)", "RNN812", "two stacks"),
    "RandomStart": ("GRU(10, 20)", "RNN809", "drawn at random"),
    "KeptState": ("GRU(10, 20)", "RNN809", "self.state"),
    "LearnedStart": ("GRU(10, 20)", "RNN815", "start (1, 1, 13)"),
    "Normalised": ("GRU(10, 20)", "RNN818", "norm (LayerNorm)"),
}
LIKE = {cls.__name__: like for cls, like in handwritten.RIGHT.items()} | {
    "CellByHand": "LSTMCell(10, 20)",
    "TorchNames": "LSTMCell(10, 20)",
    "CellLoopLSTM": "LSTM(10, 20, num_layers=2, batch_first=True)",
}


def source_of(name: str) -> str:
    """One class, as text."""
    if hasattr(handwritten, name):
        return inspect.getsource(getattr(handwritten, name))
    classes = textwrap.dedent(EXTRA).split("\n\n\n")
    return next(text for text in classes if f"class {name}(" in text).strip() + "\n"


def built(name: str, old: str = "", new: str = "") -> type:
    """The class with one text replaced, its source where inspect finds it."""
    source = source_of(name)
    assert old in source, f"{old!r} is not in {name}"
    file = f"<planted {name} {new}>"
    source = source.replace(old, new)
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    space = {"torch": handwritten.torch, "nn": handwritten.nn, "F": handwritten.F}
    exec(compile(source, file, "exec"), space)
    made: type = space[name]
    return made


def arguments_of(name: str) -> str | None:
    return "20, 2" if name == "LayerLoopLSTM" else None


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_mistake_is_named(name: str) -> None:
    cls, old, new, code, words = PLANTED[name]
    result = verify(built(cls, old, new), LIKE[cls], arguments=arguments_of(cls))
    assert result.verdict == "different"
    said = {finding.code: finding.message for finding in reversed(result.counted)}
    match = [found for found in said if found.startswith(code)]
    assert match, said
    assert words in " ".join(f.message for f in result.counted if f.code.startswith(code)), said


@pytest.mark.parametrize("name", sorted({"CellByHand", "TorchNames", "CellLoopLSTM"}))
def test_the_same_layer_without_the_mistake_is_right(name: str) -> None:
    assert verify(built(name), LIKE[name]).verdict == "same"


@pytest.mark.parametrize("name", WHOLE)
def test_a_layer_that_is_wrong_as_a_whole_is_named(name: str) -> None:
    like, code, words = WHOLE[name]
    result = verify(built(name), like)
    assert [finding.code for finding in result.counted] == [code]
    assert words in result.counted[0].message
