"""pad_sequence, packing, shuffling: where rows and steps come from."""

from __future__ import annotations

from dataclasses import replace

from rnnscope.findings import Location
from rnnscope.tracing.factors import Axis, Evidence, Meaning, Padding, fresh, fresh_axes
from rnnscope.tracing.operations import Operand, Operation, Outcome, operation

PADDED = "pad_sequence put the sequences there"
STEPS = "pad_sequence put the steps there"
SHUFFLED = "torch.randperm drew their order"


@operation("pad_sequence", source=True, located=True)
def pad_sequence(call: Operation) -> Outcome:
    """A list of sequences: one axis counts them, the other their steps."""
    batch_first = bool(call.get(1, "batch_first", False))
    rows = _axis(call, 0 if batch_first else 1, Meaning.SAMPLES, PADDED)
    steps = _axis(call, 1 if batch_first else 0, Meaning.TIME, STEPS)
    lengths = [item.shape[0] for item in call.args[0] if isinstance(item, Operand)]
    if steps and len(set(lengths)) > 1:
        known = _filled(call, lengths)
        if call.get(3, "padding_side", "right") == "left":
            known = replace(known, meaning=Meaning.PADDED_BEFORE)
        steps[0].variable.note(known)
    rest = fresh_axes(call.shape[2:])
    return Outcome((rows, steps, *rest) if batch_first else (steps, rows, *rest))


def _filled(call: Operation, lengths: list[int]) -> Evidence:
    value = call.get(2, "padding_value", 0.0)
    known = ragged(min(lengths), max(lengths), call.location)
    return replace(known, source=Padding(tuple(lengths), value))


def _axis(call: Operation, dim: int, meaning: str, because: str) -> Axis:
    return fresh(call.shape[dim], Evidence(meaning, because, call.location))


def ragged(shortest: int, longest: int, location: Location | None) -> Evidence:
    """Sequences of different lengths share this axis: the shorter ones are padded."""
    return Evidence(Meaning.PADDED, f"sequences of {shortest} to {longest} steps", location)


@operation("randperm", source=True, located=True)
def randperm(call: Operation) -> Outcome:
    """Indices in random order: what they pick has no order of its own."""
    return Outcome((_axis(call, 0, Meaning.SAMPLES, SHUFFLED),))
