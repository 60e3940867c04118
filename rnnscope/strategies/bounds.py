"""The checks that every strategy makes on its bounds, when it is called and not when it draws."""

from __future__ import annotations

from hypothesis.errors import InvalidArgument


def check_range(name: str, low: int, high: int, least: int) -> None:
    """Refuse a range that is empty, or that starts below what torch takes."""
    for value in (low, high):
        if isinstance(value, bool) or not isinstance(value, int):
            raise InvalidArgument(f"min_{name} and max_{name} are whole numbers, got {value!r}")
    if low < least:
        raise InvalidArgument(f"min_{name}={low} is not possible: torch takes {least} or more")
    if high < low:
        raise InvalidArgument(f"max_{name}={high} is below min_{name}={low}")
