"""Sequence modules of every kind, each with what is so of its axes, whatever finds that out.

The truths were written down before anything that looks for them. ``axes`` are those of the first
input, ``result`` those of the first result; ``continues`` tells whether two halves with the state
handed on are the whole, None where there is nothing to hand on; ``cut`` tells that values go from
the first step to the last one, and gradients do not come back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


@dataclass(frozen=True)
class Known:
    """A module, the sizes of its input or its inputs, and what is so of it."""

    name: str
    make: Callable[[], Any]
    inputs: tuple[Any, ...]
    axes: tuple[str, ...]
    result: tuple[str, ...]
    continues: bool | None = None
    random: bool = False
    keeps_state: bool = False
    training_mixes: bool = False
    cut: bool = False


def shape(*sizes: int) -> tuple[tuple[int, ...], ...]:
    return (sizes,)


class Both(nn.Module):
    """A GRU forward and one backward, joined; ``flips`` says along which axes, before and after."""

    def __init__(self, before: int = 1, after: int | None = 1) -> None:
        super().__init__()
        self.forwards = nn.GRU(4, 5, batch_first=True)
        self.backwards = nn.GRU(4, 5, batch_first=True)
        self.before, self.after = before, after

    def forward(self, x: Tensor) -> Tensor:
        there = self.forwards(x)[0]
        back = self.backwards(x.flip(self.before))[0]
        return torch.cat([there, back if self.after is None else back.flip(self.after)], -1)


class Encoder(nn.Module):
    """torch's TransformerEncoder with no mask, a causal one, one that is turned, or one given."""

    def __init__(self, mask: str = "") -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.mask = mask

    def forward(self, x: Tensor, padding: Tensor | None = None) -> Tensor:
        steps = x.size(1)
        later = torch.ones(steps, steps, dtype=torch.bool).triu(1)
        mask = {"": None, "causal": later, "turned": later.t()}[self.mask]
        return self.layers(x, mask=mask, src_key_padding_mask=padding)


class ConvLSTM(nn.Module):
    def __init__(self, channels: int = 3, hidden: int = 4) -> None:
        super().__init__()
        self.hidden = hidden
        self.conv = nn.Conv2d(channels + hidden, 4 * hidden, 3, padding=1)

    def forward(self, x: Tensor, state: Any = None) -> Any:
        n, steps, _, height, width = x.shape
        h, c = state or (x.new_zeros(n, self.hidden, height, width),) * 2
        outputs = []
        for t in range(steps):
            i, f, g, o = self.conv(torch.cat([x[:, t], h], 1)).chunk(4, 1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
            outputs.append(h)
        return torch.stack(outputs, 1), (h, c)


class MinimalGRU(nn.Module):
    """A gate of the input alone, and all steps at once by a scan in logarithms."""

    def __init__(self) -> None:
        super().__init__()
        self.gate, self.value = nn.Linear(4, 5), nn.Linear(4, 5)

    def forward(self, x: Tensor) -> Tensor:
        gate = self.gate(x)
        kept = -F.softplus(gate).cumsum(1)
        new = F.softplus(self.value(x)).log() - F.softplus(-gate)
        return (kept + torch.logcumsumexp(new - kept, 1)).exp()


class Diagonal(nn.Module):
    """A diagonal state space, as one long convolution by the Fourier transform or step by step."""

    def __init__(self, by_fourier: bool) -> None:
        super().__init__()
        self.decay = nn.Parameter(torch.rand(6) * 0.5)
        self.enter, self.leave = nn.Linear(4, 6), nn.Linear(6, 5)
        self.by_fourier = by_fourier

    def forward(self, x: Tensor) -> Tensor:
        u, steps, decay = self.enter(x), x.size(1), torch.exp(-self.decay)
        if self.by_fourier:
            kernel = decay ** torch.arange(steps)[:, None]
            spectrum = torch.fft.rfft(u, 2 * steps, 1) * torch.fft.rfft(kernel, 2 * steps, 0)
            return self.leave(torch.fft.irfft(spectrum, 2 * steps, 1)[:, :steps])
        state, states = torch.zeros_like(u[:, 0]), []
        for t in range(steps):
            state = decay * state + u[:, t]
            states.append(state)
        return self.leave(torch.stack(states, 1))


class Pyramid(nn.Module):
    """Joins pairs of steps, as listeners of speech do, then an LSTM over half as many."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(8, 5, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        n, steps, features = x.shape
        return self.lstm(x.reshape(n, steps // 2, 2 * features))[0]


class ByHand(nn.Module):
    """A loop over the steps of (L, N, H); ``detached`` cuts the graph between the steps."""

    def __init__(self, detached: bool = False) -> None:
        super().__init__()
        self.cell = nn.GRUCell(4, 5)
        self.detached = detached

    def forward(self, x: Tensor, h: Tensor | None = None) -> Any:
        h = x.new_zeros(x.size(1), 5) if h is None else h
        outputs = []
        for step in x:
            h = self.cell(step, h.detach() if self.detached else h)
            outputs.append(h)
        return torch.stack(outputs), h


class Remembers(nn.Module):
    """Keeps its state on itself, for the next call."""

    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(4, 5, batch_first=True)
        self.h: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        output, self.h = self.gru(x, self.h)
        return output


class Attends(nn.Module):
    """One weight for each step; the weighted sum of all steps is the result."""

    def __init__(self) -> None:
        super().__init__()
        self.score, self.out = nn.Linear(4, 1), nn.Linear(4, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.out((self.score(x).softmax(1) * x).sum(1))


class ReZero(nn.Module):
    """A branch that is worth nothing until it has been trained."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.alpha = nn.Conv1d(4, 4, 3), nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.alpha * self.conv(F.pad(x, (2, 0)))


class LanguageModel(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words, self.lstm = nn.Embedding(11, 4), nn.LSTM(4, 6, batch_first=True)
        self.out = nn.Linear(6, 11)

    def forward(self, tokens: Tensor, state: Any = None) -> Any:
        output, state = self.lstm(self.words(tokens), state)
        return self.out(output), state


class Mixer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.over_steps, self.over_features = nn.Linear(7, 7), nn.Linear(4, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.over_features(self.over_steps(x.transpose(1, 2)).relu().transpose(1, 2))


class Lengths(nn.Module):
    """Packs by the lengths that it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(4, 5, batch_first=True)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        output = self.gru(packed)[0]
        return pad_packed_sequence(output, batch_first=True, total_length=x.size(1))[0]


class Function(nn.Module):
    """A function of the input, and weights around it, so that every feature meets every other."""

    def __init__(self, function: Callable[[Tensor], Tensor], before: int = 4) -> None:
        super().__init__()
        self.function, self.enter, self.leave = function, nn.Linear(before, 6), nn.Linear(6, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.leave(self.function(self.enter(x)))


class ThenGRU(nn.Module):
    """Something done to the input (N, L, H), and a GRU over it."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function, self.gru = function, nn.GRU(4, 5, batch_first=True)

    def forward(self, x: Tensor) -> Any:
        return self.gru(self.function(x))[0]


class Chosen(nn.Module):
    """A result that ``choose`` makes of the output of an LSTM over (N, L, H)."""

    def __init__(self, choose: Callable[[Tensor], Tensor], **options: Any) -> None:
        super().__init__()
        self.choose = choose
        self.lstm = nn.LSTM(4, 5, batch_first=True, **options)

    def forward(self, x: Tensor) -> Tensor:
        return self.choose(self.lstm(x)[0])


class FeaturesFirst(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(4, 5, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.lstm(x.transpose(1, 2))[0].transpose(1, 2)


def normalised(x: Tensor, *axes: int) -> Tensor:
    return (x - x.mean(axes, keepdim=True)) / (x.std(axes, keepdim=True) + 1e-3)


def positions(x: Tensor) -> Tensor:
    return x + torch.sin(torch.arange(x.size(1)) * 1.3)[:, None]


def tcn(causal: bool) -> nn.Module:
    if causal:
        pads: list[nn.Module] = [nn.ConstantPad1d((d, 0), 0.0) for d in (1, 2)]
        convs = [nn.Conv1d(4, 6, 2), nn.Conv1d(6, 5, 2, dilation=2)]
        return nn.Sequential(pads[0], convs[0], nn.ReLU(), pads[1], convs[1])
    return nn.Sequential(nn.Conv1d(4, 6, 3, padding=1), nn.Tanh(), nn.Conv1d(6, 5, 3, padding=1))


def batch_norm_eval() -> nn.Module:
    norm = nn.BatchNorm1d(4)
    norm.running_mean = torch.randn(4)
    return norm


FIRST, MAJOR = ("batch", "time", "features"), ("time", "batch", "features")


def torchs() -> list[Known]:
    """The six kinds with their options."""
    known = []
    options: tuple[dict[str, Any], ...] = (
        {}, {"num_layers": 2}, {"bias": False}, {"bidirectional": True}, {"batch_first": True},
        {"batch_first": True, "bidirectional": True, "num_layers": 2}, {"dropout": 0.5,
        "num_layers": 2},
    )  # fmt: skip
    for kind in (nn.RNN, nn.LSTM, nn.GRU):
        extra: tuple[dict[str, Any], ...] = ({"proj_size": 3},) if kind is nn.LSTM else ()
        extra = ({"nonlinearity": "relu"},) if kind is nn.RNN else extra
        for given in (*options, *extra):
            both, first = given.get("bidirectional", False), given.get("batch_first", False)
            axes = ["time both" if both else "time causal", "batch", "features"]
            axes[:2] = axes[1::-1] if first else axes[:2]
            name = f"{kind.__name__} {given or ''}".strip()
            made = lambda kind=kind, given=given: kind(4, 5, **given)  # noqa: E731
            sizes = shape(3, 7, 4) if first else shape(7, 3, 4)
            known.append(Known(name, made, sizes, tuple(axes), FIRST if first else MAJOR, not both))
    for cell in (nn.RNNCell, nn.LSTMCell, nn.GRUCell):
        axes = ("batch", "features")
        made = lambda cell=cell: cell(4, 5)  # noqa: E731
        known.append(Known(cell.__name__, made, shape(3, 4), axes, axes))
    return known


def layers() -> list[Known]:
    """Convolutions, attention, normalisation, state spaces, what people write."""
    causal, both = ("batch", "time causal", "features"), ("batch", "time both", "features")
    pooled, two = ("batch", "time pooled", "features"), ("batch", "features")
    return [
        Known("TCN causal", lambda: tcn(True), shape(3, 4, 9),
              ("batch", "features", "time causal, 3 back"), ("batch", "features", "time")),
        Known("TCN", lambda: tcn(False), shape(3, 4, 9),
              ("batch", "features", "time both, 2 back, 2 ahead"), ("batch", "features", "time")),
        Known("Conv1d strided", lambda: nn.Conv1d(4, 5, 3, stride=2), shape(3, 4, 11),
              ("batch", "features", "time both, window 3, stride 2"),
              ("batch", "features", "time")),
        Known("Conv1d dilated", lambda: nn.Conv1d(4, 5, 2, dilation=3), shape(3, 4, 11),
              ("batch", "features", "time anti-causal, 3 ahead"), ("batch", "features", "time")),
        Known("Conv1d depthwise", lambda: nn.Conv1d(4, 4, 3, padding=1, groups=4), shape(3, 4, 9),
              ("batch", "features apart", "time both, 1 back, 1 ahead"),
              ("batch", "features", "time")),
        Known("MaxPool1d", lambda: nn.MaxPool1d(2), shape(3, 4, 10),
              ("batch", "batch", "time both, window 2, stride 2"), ("batch", "batch", "time")),
        Known("repeated steps", lambda: Function(lambda x: x.repeat_interleave(2, 1)),
              shape(3, 5, 4), ("batch", "time pointwise, stride 1/2", "features"), FIRST),
        Known("TransformerEncoder", Encoder, shape(3, 5, 8), both, FIRST),
        Known("TransformerEncoder causal", lambda: Encoder("causal"), shape(3, 5, 8), causal,
              FIRST),
        Known("TransformerEncoder turned mask", lambda: Encoder("turned"), shape(3, 5, 8),
              ("batch", "time anti-causal", "features"), FIRST),
        Known("TransformerEncoder padding mask", Encoder,
              ((3, 5, 8), torch.tensor([[False] * 5, [False] * 4 + [True], [False] * 5])),
              both, FIRST),
        Known("TransformerDecoderLayer",
              lambda: nn.TransformerDecoderLayer(8, 2, 16, batch_first=True),
              ((3, 5, 8), (3, 7, 8)), both, FIRST),
        Known("attention pooling", Attends, shape(3, 6, 4), pooled, two),
        Known("BatchNorm1d", batch_norm_eval, shape(3, 4), ("batch", "features apart"), two,
              training_mixes=True),
        Known("batch norm always in training",
              lambda: ThenGRU(lambda x: F.batch_norm(x.transpose(1, 2), None, None,
                                                     training=True).transpose(1, 2)),
              shape(3, 6, 4), ("batch mixed", "time both", "features"), FIRST,
              training_mixes=True),
        Known("LayerNorm over the batch", lambda: ThenGRU(lambda x: normalised(x, 0)),
              shape(4, 6, 4), ("batch mixed", "time causal", "features"), FIRST,
              training_mixes=True),
        Known("LayerNorm over time", lambda: ThenGRU(lambda x: normalised(x, 1)),
              shape(3, 6, 4), both, FIRST),
        Known("LayerNorm over features", lambda: ThenGRU(lambda x: normalised(x, 2)),
              shape(3, 6, 4), causal, FIRST),
        Known("ConvLSTM", ConvLSTM, shape(2, 5, 3, 4, 6),
              ("batch", "time causal", "features", "time both", "time both"),
              ("batch", "time", "features", "time", "time"), True),
        Known("minimal GRU by scan", MinimalGRU, shape(3, 6, 4), causal, FIRST),
        Known("state space by Fourier", lambda: Diagonal(True), shape(3, 6, 4), causal, FIRST),
        Known("state space by steps", lambda: Diagonal(False), shape(3, 6, 4), causal, FIRST),
        Known("pyramid", Pyramid, shape(3, 8, 4),
              ("batch", "time causal, stride 2", "features"), FIRST),
        Known("both ways by hand", Both, shape(3, 6, 4), both, FIRST),
        Known("flip not undone", lambda: Both(1, None), shape(3, 6, 4), both, FIRST),
        Known("flip of the batch", lambda: Both(0, 0), shape(3, 6, 4),
              ("batch", "time causal", "features"), FIRST),
        Known("flip of the batch, not undone", lambda: Both(0, None), shape(4, 6, 4),
              ("batch mixed", "time causal", "features"), FIRST, training_mixes=True),
        Known("flip undone along the batch", lambda: Both(1, 0), shape(4, 6, 4),
              ("batch mixed", "time both", "features"), FIRST, training_mixes=True),
        Known("time-major by hand", ByHand, shape(6, 3, 4), ("time causal", "batch", "features"),
              MAJOR, True),
        Known("detached between steps", lambda: ByHand(True), shape(6, 3, 4),
              ("time causal", "batch", "features"), MAJOR, True, cut=True),
        Known("features first", FeaturesFirst, shape(3, 4, 6),
              ("batch", "features", "time causal"), ("batch", "features", "time")),
        Known("state on self", Remembers, shape(3, 6, 4), causal, FIRST, True, keeps_state=True),
        Known("dropout always", lambda: ThenGRU(lambda x: F.dropout(x, 0.3, training=True)),
              shape(3, 6, 4), causal, FIRST, random=True),
        Known("last step", lambda: Chosen(lambda y: y[:, -1]), shape(3, 6, 4), pooled, two),
        Known("mean of a bidirectional", lambda: Chosen(lambda y: y.mean(1), bidirectional=True),
              shape(3, 6, 4), pooled, two),
        Known("last step alone", lambda: Function(lambda x: x[:, -1]), shape(3, 6, 4), pooled,
              two),
        Known("mean handed to every step",
              lambda: Function(lambda x: x.mean(1, keepdim=True).expand_as(x)), shape(3, 6, 4),
              both, ("batch", "broadcast", "features")),
        Known("ReZero", ReZero, shape(3, 4, 9),
              ("batch", "features", "time causal, 2 back"), ("batch", "features", "time")),
        Known("Linear", lambda: nn.Linear(4, 5), shape(3, 6, 4), ("batch", "batch", "features"),
              ("batch", "batch", "features")),
        Known("positions and Linear", lambda: Function(positions), shape(3, 6, 4),
              ("batch", "time pointwise", "features"), FIRST),
        Known("language model", LanguageModel, (torch.randint(0, 11, (3, 6)),),
              ("batch", "time causal"), FIRST, True),
        Known("EmbeddingBag", lambda: nn.EmbeddingBag(11, 5), (torch.randint(0, 11, (3, 6)),),
              ("batch", "time pooled"), two),
        Known("mixer of fixed length", Mixer, shape(3, 7, 4), ("batch", "features", "features"),
              ("batch", "features", "features")),
        Known("delay", lambda: Function(lambda x: F.pad(x, (0, 0, 1, 0))[:, :-1]), shape(3, 6, 4),
              ("batch", "time causal, 1 back", "features"), FIRST),
        Known("lookahead", lambda: Function(lambda x: x + F.pad(x, (0, 0, 0, 2))[:, 2:]),
              shape(3, 6, 4), ("batch", "time anti-causal, 2 ahead", "features"), FIRST),
        Known("sum over the batch so far", lambda: Function(lambda x: x.cumsum(0)),
              shape(4, 6, 4), ("time causal", "batch", "features"), MAJOR),
        Known("packed by lengths", Lengths, ((3, 6, 4), torch.tensor([6, 4, 5])), causal, FIRST),
        Known("nothing", lambda: Function(lambda x: 0 * x), shape(3, 6, 4),
              ("unknown", "unknown", "unknown"), ("unknown", "unknown", "unknown")),
    ]  # fmt: skip


KNOWN = (*torchs(), *layers())
