"""A gate as a picture: time across, units down, one colour for each value."""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import isnan, log10

import torch
from torch import Tensor

from rnnscope.gating.summary import activation_of
from rnnscope.gating.trace import WORDS, LayerTrace, by_layer

Colour = tuple[int, int, int]

# From low to high, and from negative over zero to positive; both can be told apart in grey.
_SEQUENTIAL: Sequence[Colour] = ((24, 20, 70), (38, 98, 142), (58, 170, 136), (252, 231, 96))
_DIVERGING: Sequence[Colour] = ((33, 84, 172), (150, 190, 225), (247, 247, 247), (239, 160, 130),
                                (178, 24, 43))  # fmt: skip
_NOT_A_NUMBER: Colour = (255, 0, 255)


@dataclass(frozen=True, slots=True)
class Heat:
    """The means over the samples, ``values[unit][step]``.

    Where the picture has too few places, a step is the mean of neighbours, and units, which have no
    order that a mean could respect, are taken evenly.

    ``low`` and ``high`` are the ends of the scale of colours.
    """

    name: str
    values: tuple[tuple[float, ...], ...]
    low: float
    high: float

    def share(self, value: float) -> float:
        """Where a value lies between ``low`` and ``high``: 0 to 1, or NaN."""
        width = self.high - self.low or 1.0
        return value if isnan(value) else min(1.0, max(0.0, (value - self.low) / width))

    def colour(self, value: float) -> Colour:
        """Red, green and blue, 0 to 255; a colour of its own for what is no number."""
        share = self.share(value)
        if isnan(share):
            return _NOT_A_NUMBER
        anchors = _DIVERGING if self.low < 0 else _SEQUENTIAL
        place = share * (len(anchors) - 1)
        left = min(int(place), len(anchors) - 2)
        pairs = zip(anchors[left], anchors[left + 1], strict=True)
        red, green, blue = (round(a + (b - a) * (place - left)) for a, b in pairs)
        return red, green, blue

    @property
    def scale(self) -> str:
        """The ends of the scale, as a legend."""
        return f"{self.low:.2g} to {self.high:.2g}"


def heat_of(trace: LayerTrace, letter: str, units: int, steps: int) -> Heat:
    """A gate's picture, at most ``units`` high and ``steps`` wide."""
    means = trace.rows.by_step(trace.letters[letter]).float().t()
    taken = torch.linspace(0, len(means) - 1, min(units, len(means))).round().long()
    width = min(steps, means.shape[1])
    pooled = torch.nn.functional.adaptive_avg_pool1d(means[taken.to(means.device)], width)
    return Heat(WORDS[letter], tuple(map(tuple, pooled.tolist())), *_scale(trace, letter, means))


def _scale(trace: LayerTrace, letter: str, means: Tensor) -> tuple[float, float]:
    """A gate's own range, so that saturation is seen; a state's as far as it goes."""
    activation = activation_of(trace, letter)
    if activation in ("sigmoid", "tanh"):
        return (0.0, 1.0) if activation == "sigmoid" else (-1.0, 1.0)
    finite = means[means.isfinite()]
    most = float(finite.abs().max()) if finite.numel() else 1.0
    return (0.0 if activation == "relu" else -most), most


# Sizes of the figure in pixels.
_PANEL, _HEIGHT, _GAP, _LABEL, _TOP = 220, 90, 18, 80, 34


# The gradient of h and that of c: in the colours of a page, where the picture is on one.
_LINES = ("var(--bad,#b2182b)", "var(--time,#2154ac)")


def figure(traces: Sequence[LayerTrace]) -> str:
    """An SVG: below each other the layers; each gate a row, each direction a column."""
    layers = by_layer(traces)
    sizes = [_size(own) for own in layers]
    width, height = max(size[0] for size in sizes), sum(size[1] for size in sizes)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12" fill="#444" '
        'role="img"><title>The gates: time across, units down</title>',
        f'<rect width="{width}" height="{height}" class="paper" fill="#fff"/>',
    ]
    top = 0
    for own, (_, tall) in zip(layers, sizes, strict=True):
        parts += [f'<g transform="translate(0 {top})">', *_of_layer(own, tall), "</g>"]
        top += tall
    return "\n".join([*parts, "</svg>"])


def _size(traces: Sequence[LayerTrace]) -> tuple[int, int]:
    rows = len(traces[0].letters) + bool(traces[0].gradient)
    return _LABEL + len(traces) * (_PANEL + _GAP), _TOP + rows * (_HEIGHT + _GAP) + _GAP


def _of_layer(traces: Sequence[LayerTrace], height: int) -> Iterator[str]:
    letters = list(traces[0].letters)
    for column, trace in enumerate(traces):
        left = _LABEL + column * (_PANEL + _GAP)
        yield from _text(left, _TOP - 10, trace.name)
        for row, letter in enumerate(letters):
            top = _TOP + row * (_HEIGHT + _GAP)
            yield from _panel(heat_of(trace, letter, 256, 512), left, top, first=column == 0)
        last = len(trace.rows.sizes) - 1
        yield from _text(left, height - 10, "t=0")
        yield from _text(left + _PANEL, height - 10, f"t={last}", "end")
        if trace.gradient:
            top = _TOP + len(letters) * (_HEIGHT + _GAP)
            yield from _curve(trace, left, top, first=column == 0)


def _text(x: float, y: float, words: str, anchor: str = "start") -> Iterator[str]:
    yield f'<text x="{x}" y="{y}" text-anchor="{anchor}">{escape(words)}</text>'


def _panel(heat: Heat, x: int, y: int, first: bool) -> Iterator[str]:
    if first:
        yield from _text(4, y + 14, heat.name)
    yield (
        f'<image x="{x}" y="{y}" width="{_PANEL}" height="{_HEIGHT}" preserveAspectRatio="none" '
        f'style="image-rendering:pixelated" href="data:image/png;base64,{_png(heat)}"/>'
    )
    yield from _text(x + _PANEL, y + _HEIGHT + 11, heat.scale, "end")


def _png(heat: Heat) -> str:
    """The picture as the smallest file that every browser knows, in base64."""
    pixels = [b"\0" + bytes(c for v in row for c in heat.colour(v)) for row in heat.values]
    size = struct.pack(">IIBBBBB", len(heat.values[0]), len(heat.values), 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", size), (b"IDAT", zlib.compress(b"".join(pixels), 9)), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b64encode(b"\x89PNG\r\n\x1a\n" + body).decode()


def _curve(trace: LayerTrace, x: int, y: int, first: bool) -> Iterator[str]:
    """The gradient's norm by step, one line for each state, ten to the power upwards."""
    if first:
        yield from _text(4, y + 14, "gradient")
        yield from _text(4, y + 30, "log scale")
    norms = {state: values.tolist() for state, values in trace.gradient.items()}
    positive = [n for values in norms.values() for n in values if n > 0 and n != float("inf")]
    yield f'<rect x="{x}" y="{y}" width="{_PANEL}" height="{_HEIGHT}" fill="none" stroke="#ccc"/>'
    if not positive:
        return
    low, high = log10(min(positive)), log10(max(positive))
    for place, (state, values) in enumerate(norms.items()):
        across = _PANEL / max(1, len(values) - 1)
        points = [
            f"{x + t * across:.1f},{y + _HEIGHT * (1 - (log10(n) - low) / (high - low or 1)):.1f}"
            for t, n in enumerate(values)
            if n in positive
        ]
        colour = _LINES[place]
        yield f'<polyline fill="none" style="stroke:{colour}" points="{" ".join(points)}"/>'
        if points:
            px, py = points[-1].split(",")
            yield f'<circle cx="{px}" cy="{py}" r="2.5" style="fill:{colour}"/>'
        below = f'x="{x + 14 * place}" y="{y + _HEIGHT + 11}"'
        yield f'<text {below} style="fill:{colour}">{state}</text>'
    words = f"{min(positive):.1e} to {max(positive):.1e}"
    yield from _text(x + _PANEL, y + _HEIGHT + 11, words, "end")
