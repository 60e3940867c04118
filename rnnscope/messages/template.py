"""One message of torch as a template, and how a text is matched against it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rnnscope.rules.pages import Wording
from rnnscope.subjects import Construction, LayerCall

Values = Mapping[str, str]
Meaning = Wording | Callable[[Values], LayerCall | Construction]

_HOLE = re.compile(r"\{(\w*)(?::([^{}]*))?\}")


@dataclass(frozen=True, slots=True)
class Message:
    """A text that torch says, and what it means.

    ``template`` has a hole ``{name}`` for what varies, ``{}`` for what nobody asks for, and
    ``{size:\\d+}`` where a regular expression says what may stand there. ``means`` is a page's
    wording, or makes a subject of the values. ``general`` marks texts that code without any
    recurrent layer can cause as well.
    """

    template: str
    means: Meaning
    general: bool = False

    @property
    def length(self) -> int:
        """How many letters are fixed."""
        return len(_HOLE.sub("", self.template))

    def match(self, text: str) -> Values | None:
        """What the holes hold, or None. White space counts as one blank, as in ``plain``.

        >>> sizes = Message("Expected {expected}, got {got:[0-9]+}", lambda values: LayerCall())
        >>> sizes.match("Expected (3, 5), got 4.")
        {'expected': '(3, 5)', 'got': '4'}
        """
        # Most texts are ruled out by their fixed words, without compiling an expression.
        pieces = _HOLE.split(self.template)
        if not all(piece in text for piece in pieces[::3]):
            return None
        found = re.search(_expression(pieces), text)
        return found.groupdict() if found else None


def _expression(pieces: list[str]) -> str:
    """The template as a regular expression; a hole at its end takes the rest of the text."""
    parts = [re.escape(pieces[0])]
    for position in range(1, len(pieces), 3):
        name, kind, fixed = pieces[position : position + 3]
        at_end = position == len(pieces) - 3 and not fixed
        hole = kind or (".*" if at_end else ".*?")
        parts += [f"(?P<{name}>{hole})" if name else f"(?:{hole})", re.escape(fixed)]
    return "".join(parts)


def plain(text: str) -> str:
    """Runs of white space as one blank: messages are wrapped by terminals, mails and chats."""
    return " ".join(text.split())
