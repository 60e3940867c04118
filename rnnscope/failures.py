"""Exceptions and warnings as subjects of the rules, with the user's line that led to them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rnnscope.findings import Finding, Location
from rnnscope.frames import location_of, source_line, users_location
from rnnscope.rules import examine
from rnnscope.subjects import Failure, LayerCall


def text_of(exception: BaseException) -> str:
    """The text of somebody's exception; as Python shows it when its own ``__str__`` raises."""
    try:
        return str(exception)
    except Exception:
        return "<exception str() failed>"


def failure_of(exception: BaseException, call: LayerCall | None = None) -> Failure:
    """What the rules need to know of an exception: its text, the user's line, the layer's call."""
    place = location_of(exception)
    return Failure(
        text=text_of(exception),
        exception=type(exception).__name__,
        call=call,
        location=place,
        source=source_line(place),
    )


def warning_of(message: Warning | str, category: type[Warning], place: Location | None) -> Failure:
    """The same for a warning that is being shown right now."""
    return Failure(str(message), category.__name__, None, place, source_line(place))


def explained(failure: Failure, known: tuple[Finding, ...] = ()) -> tuple[Finding, ...]:
    """What the rules say about a failure, unless the call was already found wrong at that line.

    ``known`` are the findings so far: a rule that looked at the live call before torch was
    reached has seen the sizes themselves, and knows better than one that reads the message.
    """
    line = failure.location
    if any(f.severity.counts and f.location == line for f in known) and line is not None:
        return ()
    return examine(failure)


@contextmanager
def warnings_heard(hear: Callable[[Failure], None]) -> Iterator[None]:
    """Also pass each warning that is shown to ``hear``; it is shown as it would be anyway."""
    shown = warnings.showwarning

    def show(message: Any, category: Any, *where: Any, **more: Any) -> None:
        hear(warning_of(message, category, users_location(2)))
        shown(message, category, *where, **more)

    warnings.showwarning = show
    try:
        yield
    finally:
        if warnings.showwarning is show:
            warnings.showwarning = shown
