"""."""

from rnnscope.messages.template import Message

MESSAGES: tuple[Message, ...] = ()
