"""Pages: rules that only hold a text, and the words that they have for each message of torch."""

from __future__ import annotations

import re

import pytest

from rnnscope.messages.reader import messages
from rnnscope.messages.template import Message
from rnnscope.rules import computed, pages
from rnnscope.rules.pages import Page, Wording, page
from rnnscope.subjects import Failure, RecognisedMessage

PAGES = [page(file) for file in pages.files()]
KEYS = {"severity", "subject", "options", "kind", "python", "certain", "general", "message", "fix"}


def _code(known: Page | Message) -> str:
    return known.code if isinstance(known, Page) else known.template


def holes(text: str) -> set[str]:
    """The names in a template or a sentence."""
    return set(re.findall(r"\{(\w+)(?::[^{}]*)?\}", text))


def example(template: str) -> str:
    """A text that torch could have said."""
    return re.sub(r"\{\w*:?([^{}]*)\}", lambda hole: _fitting(hole[1]), template)


def _fitting(kind: str) -> str:
    tried = ("1", "'a'", "", *kind.split("|"))
    return next(text for text in tried if not kind or re.fullmatch(kind, text))


@pytest.mark.parametrize("known", PAGES, ids=_code)
def test_every_key_means_something(known: Page) -> None:
    for case in known.cases:
        assert {key for key, _ in pages.entries(case)} - KEYS <= holes(" ".join(known.cases)), case
    if "python" in known.keys:
        assert callable(getattr(computed, known.keys["python"]))


@pytest.mark.parametrize("known", PAGES, ids=_code)
def test_every_hole_is_filled(known: Page) -> None:
    for wording in known.wordings():
        assert holes(wording.message + (wording.fix or "")) <= holes(wording.template), wording


@pytest.mark.parametrize("known", PAGES, ids=_code)
def test_a_page_has_words_for_what_torch_says(known: Page) -> None:
    wordings = list(known.wordings())
    assert bool(wordings) == (known.keys.get("subject") not in ("ComparisonResult", "Promises"))
    assert "python" in known.keys or all(wording.message for wording in wordings)


@pytest.mark.parametrize(
    "known", [m for m in messages() if isinstance(m.means, Wording)], ids=_code
)
def test_no_wording_is_hidden_behind_that_of_another_page(known: Message) -> None:
    text = example(known.template)
    before = messages()[: messages().index(known) + 1]
    found = [message.means for message in before if message.match(text) is not None]
    assert known.means in found, f"{text!r} does not match"
    assert {getattr(means, "code", None) for means in found} == {known.means.code}


def test_longer_wordings_come_first() -> None:
    said = "'tuple' object has no attribute 'detach'"
    matching = [message for message in messages() if message.match(said) is not None]
    assert [message.means.code for message in matching] == ["RNN452", "RNN451"]


def test_a_case_without_words_has_those_of_the_first() -> None:
    [longer, shorter] = page("rnn553_number_of_lengths").wordings()
    assert longer.fix == shorter.fix
    assert longer.message.startswith("{got} lengths for {batch} sequences: pack_padded_sequence")
    assert shorter.message.startswith("another number of lengths than sequences: pack_padded")


def test_values_stand_in_the_words() -> None:
    from rnnscope.messages import possibilities

    text = "Expected `len(lengths)` to be equal to batch_size, but got 12 (batch_size=4)."
    [first, *_] = possibilities(Failure(text))
    assert isinstance(first.subject, RecognisedMessage)
    assert first.subject.message.startswith("12 lengths for 4 sequences: ")
