"""possibilities(failure): what a failure may mean, the most telling first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache

from rnnscope.messages import calls, constructors
from rnnscope.messages.template import Message, Values, plain
from rnnscope.rules import pages
from rnnscope.rules.pages import Wording, filled
from rnnscope.subjects import Construction, Failure, LayerCall, RecognisedMessage


@cache
def messages() -> tuple[Message, ...]:
    """Every message that is known: what only recurrent layers say first, then the longest first.

    The longer of two texts that are both found in a third one tells more.
    """
    worded = (
        Message(wording.template, wording, wording.general)
        for file in pages.files()
        for wording in pages.page(file).wordings()
    )
    known = (*constructors.MESSAGES, *calls.MESSAGES, *worded)
    return tuple(sorted(known, key=lambda message: (message.general, -message.length)))


@dataclass(frozen=True, slots=True)
class Possibility:
    """One thing that a failure may mean, and whether nothing else can say the same."""

    subject: LayerCall | Construction | RecognisedMessage
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
) -> LayerCall | Construction | RecognisedMessage:
    means = message.means
    if isinstance(means, Wording):
        fix = None if means.fix is None else filled(means.fix, values)
        return RecognisedMessage(failure, means.code, values, filled(means.message, values), fix)
    return replace(means(values), location=failure.location)


def _inside(failure: Failure) -> bool:
    """True when the traceback ended in torch's own code for recurrent layers."""
    return failure.call is not None or any(
        step.startswith(("rnn.py:", "_VF.py:")) for step in failure.through
    )
