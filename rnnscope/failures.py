"""Exceptions and warnings as subjects of the rules, with the user's line that led to them."""

from __future__ import annotations

import os
from collections.abc import Iterator

from rnnscope.findings import Finding, Location
from rnnscope.frames import is_users, location_of, source_line, steps, users_entry
from rnnscope.rules import examine
from rnnscope.spans import expression_of
from rnnscope.subjects import Failure, LayerCall


def text_of(exception: BaseException) -> str:
    """The text of somebody's exception; as Python shows it when its own ``__str__`` raises."""
    try:
        return str(exception)
    except Exception:
        return "<exception str() failed>"


def failure_of(
    exception: BaseException, call: LayerCall | None = None, after: LayerCall | None = None
) -> Failure:
    """What the rules need to know of an exception: its text, the user's line, the layer's call."""
    place = _raised_at(exception)
    return Failure(
        text=text_of(exception),
        exception=type(exception).__name__,
        call=call,
        location=place,
        source=source_line(place),
        through=tuple(_below_users(exception)),
        after=after,
    )


def _raised_at(exception: BaseException) -> Location | None:
    """The user's line, and the expression in it that raised."""
    entry, line = users_entry(exception), location_of(exception)
    if entry is None:
        return None
    found = expression_of(entry.tb_frame.f_code, entry.tb_lasti)
    return found if found == line else line


def _below_users(exception: BaseException) -> Iterator[str]:
    """The library functions that the exception came through, below the user's innermost line."""
    codes = [entry.tb_frame.f_code for entry in steps(exception.__traceback__)]
    users = [i for i, code in enumerate(codes) if is_users(code.co_filename)]
    for code in codes[users[-1] + 1 if users else 0 :]:
        yield f"{os.path.basename(code.co_filename)}:{code.co_name}"


def warning_of(message: Warning | str, category: type[Warning], place: Location | None) -> Failure:
    """The same for a warning that is being shown right now."""
    return Failure(str(message), category.__name__, None, place, source_line(place))


def explained(failure: Failure, known: tuple[Finding, ...] = ()) -> tuple[Finding, ...]:
    """What the rules say about a failure, unless the call was already found wrong at that line.

    ``known`` are the findings so far: a rule that looked at the live call before torch was
    reached has seen the sizes themselves, and knows better than one that reads the message.
    """
    line = failure.location
    counted = [finding for finding in known if finding.severity.counts]
    if line is not None and any(line in _places(finding) for finding in counted):
        return ()
    # The same mistake, found where the layer was built, needs no second place where it failed.
    codes = {finding.code for finding in counted}
    return tuple(finding for finding in examine(failure) if finding.code not in codes)


def _places(finding: Finding) -> set[Location | None]:
    return {finding.location, *(related.location for related in finding.related)}
