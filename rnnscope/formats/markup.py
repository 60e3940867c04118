"""HTML, built of elements: every text is escaped, whatever was built already stays as it is."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape


class Html(str):
    """A text that is HTML; every other str becomes one by escaping."""

    __slots__ = ()


def element(name: str, *children: str, **attributes: str | bool | None) -> Html:
    """One element; attributes that are None or False are left out, ``class_`` is ``class``.

    >>> element("td", "a < b", class_="shape")
    '<td class="shape">a &lt; b</td>'
    """
    given = "".join(
        f" {key.strip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(value)}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    return Html(f"<{name}{given}>{joined(children)}</{name}>")


def joined(children: Iterable[str]) -> Html:
    """Children one after the other."""
    return Html("".join(c if isinstance(c, Html) else escape(c) for c in children))


def table(head: Iterable[str], rows: Iterable[Iterable[str]], caption: str) -> Html:
    """A table whose first column names its rows; it scrolls alone where it is too wide."""
    top = element("tr", *(element("th", cell, scope="col") for cell in head))
    body = [
        element("tr", element("th", first, scope="row"), *(element("td", cell) for cell in rest))
        for first, *rest in rows
    ]
    inner = (element("caption", caption), element("thead", top), element("tbody", *body))
    return scrolling(element("table", *inner), caption)


def scrolling(child: Html, label: str) -> Html:
    """A part that scrolls sideways by touch, wheel or keyboard, and is named for a reader."""
    return element("div", child, class_="scroll", tabindex="0", role="region", aria_label=label)


def folded(summary: str, *children: str, opened: bool = False) -> Html:
    """What is there when it is asked for."""
    return element("details", element("summary", summary), *children, open=opened)


def section(title: str, *children: str, level: int = 2) -> Html:
    """A part of a page under its heading."""
    return element("section", element(f"h{level}", title), *children)


def code(text: str) -> Html:
    """A text in Python."""
    return element("code", text)
