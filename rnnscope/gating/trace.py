"""LayerTrace: every gate and state of one layer in one direction, as tensors by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from rnnscope.config import RNNConfig
from rnnscope.errors import UnknownNameError

# The letters of the equations -> the names of the attributes. An RNN's one gate is its state h.
WORDS = {
    "i": "input",
    "f": "forget",
    "g": "candidate",
    "o": "output",
    "r": "reset",
    "z": "update",
    "n": "new",
    "c": "c",
    "h": "h",
}


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """How the rows of a recording lie: those of step 0, then those of step 1, and so on.

    ``sizes[t]`` samples run in step t. ``unsorted`` puts them into the user's order; None where
    they are in it.
    """

    sizes: tuple[int, ...]
    unsorted: Tensor | None = None

    def spread(self, rows: Tensor) -> Tensor:
        """(sum(sizes), H) -> (L, N, H); NaN where a shorter sequence has no step."""
        if self.sizes[0] == self.sizes[-1] and self.unsorted is None:
            return rows.reshape(len(self.sizes), self.sizes[0], -1)
        packed = PackedSequence(rows, torch.tensor(self.sizes), None, self.unsorted)
        return pad_packed_sequence(packed, padding_value=float("nan"))[0]

    def by_step(self, rows: Tensor) -> Tensor:
        """The mean over the samples of each step: (sum(sizes), H) -> (L, H)."""
        return torch.stack([step.mean(0) for step in rows.split_with_sizes(list(self.sizes))])


def by_layer(traces: Sequence[LayerTrace]) -> list[list[LayerTrace]]:
    """The traces of each layer of a model together, in order."""
    return [list(own) for _, own in groupby(traces, lambda trace: trace.path)]


@dataclass(frozen=True, slots=True, eq=False)
class LayerTrace:
    """What one layer did in one direction; each gate and state is (L, N, H), time first.

    Gates are attributes: ``forget``, ``input``, ``candidate``, ``output`` of an LSTM; ``reset``,
    ``update``, ``new`` of a GRU; ``h`` and ``c`` are the states after each step, so that the final
    state of the backward direction is in row 0. A cell has one step, an unbatched input one sample.
    ``gradient`` holds for each state the norm of the loss's gradient by step, (L,); it is empty
    without a loss. ``path`` is the layer's place in a model.
    """

    config: RNNConfig
    layer: int
    direction: str
    rows: Rows
    letters: Mapping[str, Tensor]
    gradient: Mapping[str, Tensor] = field(default_factory=dict)
    path: str = ""

    @property
    def name(self) -> str:
        """``layer 0 forward``; in a model ``encoder.lstm layer 0 forward``."""
        return f"{self.path} layer {self.layer} {self.direction}".lstrip()

    @property
    def words(self) -> tuple[str, ...]:
        """The names of the gates and states, in the order in which they are computed."""
        return tuple(WORDS[letter] for letter in self.letters)

    @property
    def order(self) -> Sequence[int]:
        """The time steps in the order in which this direction takes them."""
        steps = range(len(self.rows.sizes))
        return steps if self.direction == "forward" else steps[::-1]

    def of(self, word: str) -> Tensor:
        """The rows of a gate, without padding: (steps that really ran, H)."""
        letter = next((key for key in self.letters if WORDS[key] == word), None)
        if letter is None:
            raise UnknownNameError(f"{self.name} has no {word!r}: choose {', '.join(self.words)}.")
        return self.letters[letter]

    def __getitem__(self, word: str) -> Tensor:
        """A gate or a state by its name, (L, N, H). Raises UnknownNameError."""
        return self.rows.spread(self.of(word))

    def __getattr__(self, word: str) -> Tensor:
        """The same as an attribute."""
        if word not in WORDS.values():
            raise AttributeError(f"{type(self).__name__} has no attribute {word!r}")
        try:
            return self[word]
        except UnknownNameError as error:
            raise AttributeError(str(error)) from None
