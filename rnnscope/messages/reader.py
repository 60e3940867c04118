"""possibilities(failure): what a failure may mean, the most telling first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache

from rnnscope.messages.template import Message, Values, plain
from rnnscope.subjects import Construction, Failure, LayerCall, Reading


@cache
def messages() -> tuple[Message, ...]:
    """Every message that is known, special ones before those that could mean anything."""
    from rnnscope.messages import (
        autograd,
        calls,
        constructors,
        downstream,
        environment,
        loading,
        packing,
        results,
    )

    tables = (constructors, calls, packing, results, autograd, loading, environment, downstream)
    known = [message for table in tables for message in table.MESSAGES]
    return tuple(sorted(known, key=lambda message: message.general))


@dataclass(frozen=True, slots=True)
class Possibility:
    """One thing that a failure may mean, and whether nothing else can say the same."""

    subject: LayerCall | Construction | Reading
    certain: bool


def possibilities(failure: Failure) -> Iterator[Possibility]:
    """The live call if there is one, then what the text tells, the most telling first."""
    if failure.call is not None:
        yield Possibility(failure.call, certain=True)
    text = plain(f"{failure.exception}: {failure.text}" if failure.exception else failure.text)
    for message in messages():
        values = message.match(text)
        if values is not None:
            certain = not message.general or _inside(failure)
            # A text that was retyped may lack the numbers that a message of torch always has.
            with suppress(ValueError, LookupError):
                yield Possibility(_subject(message, values, failure), certain)


def _subject(
    message: Message, values: Values, failure: Failure
) -> LayerCall | Construction | Reading:
    if isinstance(message.means, str):
        return Reading(failure, message.means, values)
    return replace(message.means(values), location=failure.location)


def _inside(failure: Failure) -> bool:
    """True when the traceback ended in torch's own code for recurrent layers."""
    return failure.call is not None or any(
        step.startswith(("rnn.py:", "_VF.py:")) for step in failure.through
    )
