"""Do the steps of a batch follow each other in the stream that the batch was cut out of?"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from rnnscope.experiments.origins import upwards
from rnnscope.experiments.replay import quietly
from rnnscope.recording.tape import Call, Tape
from rnnscope.subjects.facts import StreamCut

_MOST = 1 << 14  # elements of a stream that are looked at
_BINS = 16  # values of a stream of fractions
_SHUFFLES = 8  # that say what a stream without an order would look like


def streams_cut(tape: Tape) -> Iterator[StreamCut]:
    """Streams that stand row by row where each row was to go on by itself.

    A stream of one axis became a table whose columns a layer steps down, one beside the other in
    memory. Flattened tables look alike; so the stream itself must say that its neighbours belong
    together: each element tells more of the next one than of the one that is the next step.
    """
    for call in tape.recurrent:
        if call.layer is None or len(tape.shape(call.inputs[0])) != 3:
            continue
        for slot in upwards(tape, call.inputs[0]):
            stream, rows = _stream(tape, call, slot)
            made = _made(tape, slot)
            if stream is not None and made is not None and _is_torn(stream, rows):
                yield StreamCut(call.layer.kind, rows, made.location, call.location)
                return


def _stream(tape: Tape, call: Call, slot: int) -> tuple[torch.Tensor | None, int]:
    """The stream that a batch is a view of, and how many rows stand side by side in it."""
    value, shape = tape.values[slot], tape.shape(call.inputs[0])
    first = call.layer is not None and call.layer.batch_first
    rows, steps = shape[:2] if first else (shape[1], shape[0])
    if value is None or not value._is_view() or rows == steps or value.dim() < 2:
        return None, rows
    base, sizes = value._base, tuple(value.shape)
    if base is None or base.dim() != 1 or set(sizes[:2]) != {rows, steps}:
        return None, rows
    torn = value.stride(sizes.index(steps)) == rows > value.stride(sizes.index(rows)) == 1
    return (base.detach()[:_MOST] if torn else None), rows


def _made(tape: Tape, slot: int) -> Call | None:
    """The call that made a table of a stream."""
    for number in upwards(tape, slot):
        call = tape.producer.get(number)
        if call is not None and call.inputs and len(tape.shape(call.inputs[0])) == 1:
            return call if len(tape.shape(number)) > 1 else None
    return None


def _is_torn(stream: torch.Tensor, rows: int) -> bool:
    """True where an element tells twice as much of its neighbour as of the next step of its row."""
    with quietly():
        if stream.is_floating_point():
            places = torch.linspace(0, 1, _BINS + 1, device=stream.device)[1:-1]
            stream = torch.bucketize(stream.float(), torch.quantile(stream.float(), places))
        values = torch.unique(stream, return_inverse=True)[1]
        chance = [_told(values, values[_shuffled(len(values), n)]) for n in range(_SHUFFLES)]
        least, most = min(chance), max(chance)
        beside, below = _told(values[:-1], values[1:]), _told(values[:-rows], values[rows:])
    sure = beside - most > _SHUFFLES * (most - least)
    return sure and beside - least > 2 * (below - least)


def _shuffled(count: int, seed: int) -> torch.Tensor:
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed))


def _told(one: torch.Tensor, other: torch.Tensor) -> float:
    """The mutual information of two rows of whole numbers, in nats."""
    both = one * (int(other.max()) + 1) + other
    return _entropy(one) + _entropy(other) - _entropy(both)


def _entropy(values: torch.Tensor) -> float:
    share = torch.unique(values, return_counts=True)[1].double() / len(values)
    return float(-(share * share.log()).sum())
