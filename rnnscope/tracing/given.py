"""The axes that ``name_axes`` gives a tensor, in every session that is on."""

from __future__ import annotations

from weakref import WeakSet

import torch

from rnnscope.recording.user_code import here
from rnnscope.tracing.factors import Evidence, Meaning, fresh_axes
from rnnscope.tracing.labels import Label
from rnnscope.tracing.table import LabelTable

# What a name says of an axis; other names, H_in and H_out among them, are features.
SAMPLES, STEPS = frozenset(("N", "B", "batch")), frozenset(("L", "T", "time"))
NOTHING = frozenset(("_", "1", "D*num_layers", "num_layers", "D"))

tables: WeakSet[LabelTable] = WeakSet()  # those of the sessions that are on


def named(tensor: torch.Tensor, words: list[str]) -> None:
    """Write down what the user said, on what is known of the tensor already."""
    place = here(3)
    for table in tables:
        label = table.get(tensor) or Label(fresh_axes(tensor.shape))
        for word, axis in zip(words, label.axes, strict=True):
            if len(axis) == 1 and word not in NOTHING:
                said = f'name_axes says "{" ".join(words)}"'
                axis[0].variable.note(Evidence(_meaning(word), said, place))
        table.set(tensor, label)


def _meaning(word: str) -> str:
    if word in SAMPLES:
        return Meaning.SAMPLES
    return Meaning.TIME if word in STEPS else Meaning.FEATURE
