"""Where a tensor became what it is: the call that gave it its sizes, its dtype or its device."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch

from rnnscope.findings import Location
from rnnscope.recording.tape import Call
from rnnscope.recording.writing import Writer
from rnnscope.spans import expression_of

Property: TypeAlias = Callable[[torch.Tensor], object]


def made_at(writer: Writer, tensor: torch.Tensor, of: Property) -> Location | None:
    """The user's line of the call that made it so: one that was given nothing of the same kind.

    None for what came from elsewhere, such as a batch, and for what an earlier step has made.
    """
    producer = {slot: call for call in writer.calls for slot in call.results}
    wanted, slot = of(tensor), writer.known(tensor)
    while slot is not None:
        call = producer.get(slot)
        if call is None:
            return None
        same = [s for s in call.inputs if s != slot and of(writer.alive[s]) == wanted]
        if not same or (call.changed == slot and same[0] not in producer):
            return _place_of(call)
        slot = same[0]
    return None


def _place_of(call: Call) -> Location | None:
    if call.place is None:
        return None
    found = expression_of(call.place.code, call.place.instruction)
    return found if found == call.location else call.location
