"""Is a model that was trained asked for answers while its dropout or batch norm is still on?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rnnscope.recording.tape import RECURRENT_KERNELS, Call, Tape
from rnnscope.subjects.facts import EvaluatedInTraining


def evaluated_in_training(tape: Tape, trained: frozenset[int]) -> Iterator[EvaluatedInTraining]:
    """Calls without gradients, of layers that were trained, which no loss of this step hangs on.

    A model that is asked several times with the same input draws samples on purpose.
    """
    asked = [
        call
        for call in tape.recurrent
        if call.layer is not None
        and not call.grad
        and call.layer.training
        and call.layer.name in trained
        and tape.used.isdisjoint(call.results)
    ]
    times = Counter((call.layer.name, call.inputs[0]) for call in asked if call.layer)
    what = next((kind for kind in map(_active, tape.calls) if kind is not None), None)
    if what is None or any(count > 1 for count in times.values()):
        return
    for location in dict.fromkeys(call.layer.called_at for call in asked if call.layer):
        yield EvaluatedInTraining(asked[0].layer.kind if asked[0].layer else "", what, location)


def _active(call: Call) -> str | None:
    """What a call does otherwise in training mode than in evaluation, if it is on."""
    if call.grad:
        return None
    if "dropout" in call.name:
        on = call.kwargs.get("training", True in call.args) and call.kwargs.get("p", 0.5)
        return "dropout" if on else None
    if call.name == "batch_norm":
        return "batch norm" if call.kwargs.get("training", True in call.args[5:]) else None
    if call.name in RECURRENT_KERNELS and call.random is not None:
        return "dropout"
    return None
