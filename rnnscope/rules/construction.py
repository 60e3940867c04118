"""What the rules about constructions share: why torch refuses the options, and which one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rnnscope.cells import KINDS
from rnnscope.config import RNNConfig
from rnnscope.errors import ConfigError
from rnnscope.messages.constructors import UNREAD
from rnnscope.rules.registry import Problem
from rnnscope.subjects import Construction


def refusal(construction: Construction) -> ConfigError | None:
    """Why torch refuses these options, or None when it takes them."""
    if construction.config is not None or construction.refusal is not None:
        return construction.refusal
    try:
        RNNConfig.of_arguments(construction.kind, *construction.args, **construction.kwargs)
    except ConfigError as error:
        return error
    return None


def refused(construction: Construction, *options: str) -> Iterator[Problem]:
    """The problem, when the refused option is one of these."""
    error = refusal(construction)
    if error is not None and error.option in options:
        shown = "" if error.value is UNREAD else f"={error.value!r}"
        yield Problem(
            f"{error.option}{shown} is not possible: {error.allowed}.",
            error.intent,
            values={"option": error.option},
        )


def given(construction: Construction) -> dict[str, Any]:
    """The options as they were written, by name, before anything was converted."""
    kind = KINDS.get(construction.kind)
    names = kind.options if kind else ()
    return dict(zip(names, construction.args, strict=False)) | dict(construction.kwargs)
