"""Does a recurrence start from numbers that are drawn anew at every call?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import torch

from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.meeting import is_constant, is_loss, meetings
from rnnscope.experiments.replay import quietly
from rnnscope.experiments.roles import roots
from rnnscope.experiments.starts import Start, starts
from rnnscope.findings import Location
from rnnscope.recording.tape import Call, Tape
from rnnscope.subjects.experiment_results import RandomState


def random_states(laboratory: Laboratory) -> Iterator[RandomState]:
    """Initial states that nothing but a random draw has made, beside an input that is data."""
    tape = laboratory.tape
    for start in starts(tape):
        draw = drawn(tape, start)
        if draw is None or not _reads_data(tape, start):
            continue
        moved = _moved(laboratory, draw, start)
        if moved == 0.0:
            continue
        yield RandomState(
            draw.name,
            moved,
            draw.location or start.call.location,
            start.call.location,
            evaluated=not is_training(start.call),
        )
        return


def is_training(call: Call) -> bool:
    """True where noise may be meant to make training harder."""
    return call.grad and (call.layer is None or call.layer.training)


def drawn(tape: Tape, start: Start) -> Call | None:
    """The draw that a state was made of, if it was made of nothing else."""
    if start.given in tape.learnt:
        return None
    ancestors = tape.ancestors(start.given)
    made = [tape.producer[s] for s in ancestors if s in tape.producer]
    draws = [call for call in made if call.random is not None]
    read = {slot for call in draws for slot in call.inputs}
    return draws[0] if draws and read >= ancestors & tape.sources else None


def _reads_data(tape: Tape, start: Start) -> bool:
    """True where more than the noise of the state is read, as it is not by a generator."""
    noise = tape.ancestors(start.given)
    read = start.call.inputs[0] if start.call.layer is not None else start.left
    return any(root.slot not in noise for root in roots(tape, read))


def _moved(laboratory: Laboratory, draw: Call, start: Start) -> float:
    """How far the result moves with other numbers of the same kind in its state."""
    value, result = laboratory.value(draw.results[0]), start.call.results[0]
    before = laboratory.value(result)
    if value is None or before is None or not value.is_floating_point():
        return 0.0
    with quietly():
        other = value + 1.0
    run = laboratory.run(("draw", draw.results[0]), {draw.results[0]: other})
    state_moved = laboratory.moved(run, start.given) if run is not None else None
    if run is None or state_moved is None or not bool(state_moved.any()):
        return 0.0
    after = run.value(result)
    return float((after - before).abs().max()) if after is not None else 0.0


@dataclass(slots=True)
class RandomStarts:
    """Decides at the end whether noise in training was meant.

    It was not where it is drawn anew in step after step, is as large as the states that the layer
    makes itself, and is there whenever the program asks the model for an answer.
    """

    _held: dict[Location | None, RandomState] = field(default_factory=dict)
    _loud: Counter[Location | None] = field(default_factory=Counter)  # training steps
    _quiet: set[Location | None] = field(default_factory=set)  # begins without noise, or little

    def hold(self, fact: RandomState) -> None:
        """Noise that a training step depends on."""
        self._held.setdefault(fact.called_at, fact)

    def step(self, tape: Tape) -> None:
        """A recorded step is over."""
        compared = _compared(tape)
        loud: set[Location | None] = set()
        calm: set[Location | None] = set()
        for start in starts(tape):
            noise = drawn(tape, start)
            if noise is not None and _is_loud(tape, start):
                if start.left in compared or not compared.isdisjoint(start.call.results):
                    loud.add(start.call.location)
            elif noise is not None or not is_training(start.call):
                calm.add(start.call.location)
        self._loud.update(loud)
        self._quiet |= calm - loud

    def end(self) -> Iterator[RandomState]:
        """The program is over."""
        for place, fact in self._held.items():
            steps = 0 if place in self._quiet else self._loud[place]
            yield replace(fact, steps=steps)


def _compared(tape: Tape) -> frozenset[int]:
    """What predictions are made of that meet data: those of a generator meet none."""
    met = [meeting.prediction for meeting in meetings(tape)]
    for call in tape.calls if not met else ():
        data = [s for s in call.inputs if s not in tape.learnt and not is_constant(tape, s)]
        if data and is_loss(call):  # with a single target
            met += call.inputs
    return frozenset[int]().union(*map(tape.ancestors, met))


def _is_loud(tape: Tape, start: Start) -> bool:
    """True for noise as large as what the layer puts in its place."""
    noise, own = tape.values[start.given], tape.values[start.left]
    if noise is None or own is None or not own.is_floating_point():
        return False
    with torch.no_grad():
        return bool(noise.pow(2).mean() >= own.pow(2).mean())
