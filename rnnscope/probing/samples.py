"""Which batch a call ran on: as the axes of its tensors were followed, or by their number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnnscope.probing.evidence import Batches
from rnnscope.recording.nest import tensors_in
from rnnscope.subjects.proofs import Batch
from rnnscope.tracing.factors import Meaning
from rnnscope.tracing.labels import Label
from rnnscope.tracing.table import LabelTable


class BatchOf:
    """Finds the batch that a model was called with."""

    def __init__(self, batches: Batches, labels: LabelTable) -> None:
        self.batches = batches
        self.labels = labels

    def call(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Batch | None:
        """The batch of these arguments, if it can be told without a guess."""
        tensors = list(tensors_in((args, dict(kwargs))))
        labels = [self.labels.get(tensor) for tensor in tensors]
        known = next((b for b in map(_by_label, labels) if b is not None), None)
        if known is None and any(_is_folded(label) for label in labels):
            return None  # an axis as long as the batch is another one
        return known if known is not None else self.batches.fitting(tensors)


def _by_label(label: Label | None) -> Batch | None:
    """The batch where the program itself says which axis holds independent samples."""
    for factors in label.axes if label is not None else ():
        if len(factors) != 1 or factors[0].size < 2:
            continue
        evidence = factors[0].variable.evidence(Meaning.SAMPLES)
        if evidence is not None:
            shuffled = "shuffl" in evidence.because or "randperm" in evidence.because
            return Batch(factors[0].size, shuffled, evidence.location, evidence.because)
    return None


def _is_folded(label: Label | None) -> bool:
    """True when the samples share an axis with something else: chunks, channels, steps."""
    axes = label.axes if label is not None else ()
    return any(len(a) > 1 and any(f.means(Meaning.SAMPLES) for f in a) for a in axes)
