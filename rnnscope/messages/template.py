"""One message of torch as a template, and how a text is matched against it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rnnscope.subjects import Construction, LayerCall

Values = Mapping[str, str]
Meaning = str | Callable[[Values], LayerCall | Construction]

_HOLE = re.compile(r"\{(\w*)\}")


@dataclass(frozen=True, slots=True)
class Message:
    """A text that torch says, and what it means.

    ``means`` is a rule's name, or makes a subject of the values. ``general`` marks texts that
    code without any recurrent layer can cause as well.
    """

    template: str
    means: Meaning
    general: bool = False

    def match(self, text: str) -> Values | None:
        """What the holes hold, or None. White space counts as one blank, as in ``plain``.

        >>> Message("Expected {expected}, got {got}", "any").match("Expected 3, got 4")
        {'expected': '3', 'got': '4'}
        """
        # Most texts are ruled out by their fixed words, without compiling an expression.
        pieces = _HOLE.split(self.template)
        if not all(piece in text for piece in pieces[::2]):
            return None
        found = re.search(_expression(pieces), text)
        return found.groupdict() if found else None


def _expression(pieces: list[str]) -> str:
    """The template as a regular expression; a hole at its end takes the rest of the text."""
    parts = [re.escape(pieces[0])]
    for position in range(1, len(pieces), 2):
        name, fixed = pieces[position], pieces[position + 1]
        hole = ".*" if position == len(pieces) - 2 and not fixed else ".*?"
        parts.append(f"(?P<{name}>{hole})" if name else hole)
        parts.append(re.escape(fixed))
    return "".join(parts)


def plain(text: str) -> str:
    """Runs of white space as one blank: messages are wrapped by terminals, mails and chats."""
    return " ".join(text.split())
