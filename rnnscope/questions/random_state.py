"""Does a recurrent layer start from numbers that are drawn anew at every call?"""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.replay import quietly
from rnnscope.experiments.roles import roots, state_slots
from rnnscope.recording.tape import Call
from rnnscope.subjects.proofs import RandomState


def random_states(laboratory: Laboratory) -> Iterator[RandomState]:
    """Initial states that nothing but a random draw has made, beside an input that is data."""
    tape, depends = laboratory.tape, laboratory.tape.learnt
    for call in tape.recurrent:
        for slot in state_slots(call):
            draw = _draw(laboratory, slot) if slot not in depends else None
            if draw is None or call.layer is None or not _reads_data(laboratory, call, slot):
                continue
            moved = _moved(laboratory, draw, slot, call)
            if moved == 0.0:
                continue
            yield RandomState(
                draw.name,
                moved,
                draw.location or call.location,
                call.location,
                evaluated=not (call.layer.training and call.grad),
            )
            return


def _draw(laboratory: Laboratory, slot: int) -> Call | None:
    """The draw that a slot was made of, if it was made of nothing else."""
    tape = laboratory.tape
    made = [tape.producer[s] for s in tape.ancestors(slot) if s in tape.producer]
    sources = tape.ancestors(slot) & tape.sources
    drawn = [call for call in made if call.random is not None]
    only = all(s in {slot for call in drawn for slot in call.inputs} for s in sources)
    return drawn[0] if drawn and only else None


def _reads_data(laboratory: Laboratory, call: Call, state: int) -> bool:
    """True where the input is more than the noise of the state, as it is not for a generator."""
    noise = laboratory.tape.ancestors(state)
    return any(root.slot not in noise for root in roots(laboratory.tape, call.inputs[0]))


def _moved(laboratory: Laboratory, draw: Call, state: int, call: Call) -> float:
    """How far the layer's result moves with other numbers of the same kind in its state."""
    value = laboratory.value(draw.results[0])
    before = laboratory.value(call.results[0])
    if value is None or before is None or not value.is_floating_point():
        return 0.0
    with quietly():
        other = value + 1.0
    run = laboratory.run(("draw", draw.results[0]), {draw.results[0]: other})
    state_moved = laboratory.moved(run, state) if run is not None else None
    if run is None or state_moved is None or not bool(state_moved.any()):
        return 0.0
    after = run.value(call.results[0])
    return float((after - before).abs().max()) if after is not None else 0.0
