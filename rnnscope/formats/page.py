"""One page, complete in one file: no script, no font, nothing from the network.

Whatever belongs to a tensor has its name as a class, whatever belongs to an axis the axis's role:
so style alone lights up a tensor's way, or an axis everywhere, while it is pointed at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rnnscope.axes import Axes, Axis, Role
from rnnscope.config import RNNConfig
from rnnscope.drawing.pictures import roles_of
from rnnscope.drawing.scene import ROLE_CLASSES, Scene, Word, numbers, symbols
from rnnscope.drawing.style import COLOURS, MARKS, MONOSPACE, ROLES
from rnnscope.drawing.svg import inline
from rnnscope.facts import LayerFacts
from rnnscope.findings import Finding
from rnnscope.formats.markup import Html, code, element, joined, scrolling, section
from rnnscope.reasons import sentence

_LAYOUT = f"""*{{box-sizing:border-box}}
body{{margin:0 auto;padding:1rem;max-width:78rem;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,sans-serif;overflow-wrap:break-word}}
code,pre,.shape{{font-family:{MONOSPACE};font-size:.9em}}
h1{{font-size:1.4rem;margin:.2rem 0}}h2{{font-size:1.15rem;margin:2rem 0 .4rem}}
h3{{font-size:1rem;margin:1.2rem 0 .3rem}}p{{margin:.3rem 0;max-width:44rem}}
.scroll{{overflow-x:auto;max-width:100%}}.scroll svg{{display:block;height:auto;max-width:100%}}
.legend{{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;padding:0;margin:.5rem 0;list-style:none}}
table{{border-collapse:collapse;margin:.3rem 0;text-align:left}}
caption{{text-align:left;white-space:nowrap;color:var(--quiet);font-size:.9em;padding-bottom:.2rem}}
th,td{{padding:.3rem 1rem .3rem 0;vertical-align:top;border-top:1px solid var(--rule)}}
thead th{{border-top:0;font-weight:normal;color:var(--quiet)}}
tbody th{{font-weight:600}}
td ul{{margin:0;padding:0;list-style:none}}
details{{margin:.4rem 0;border-top:1px solid var(--rule);padding:.3rem 0}}
summary{{cursor:pointer}}pre{{white-space:pre-wrap}}
.finding,.recipe{{border-left:4px solid var(--rule);padding:.1rem .8rem;margin:.8rem 0}}
.error{{border-color:var(--bad)}}.right{{border-color:var(--good)}}.wrong{{border-color:var(--bad)}}
.yes{{color:var(--good)}}.no{{color:var(--bad);font-weight:600}}.aside{{color:var(--quiet)}}
a{{color:inherit;text-decoration-color:var(--quiet)}}
:focus-visible{{outline:2px solid var(--strong);outline-offset:2px}}
@media(max-width:40rem){{body{{font-size:15px;padding:.7rem}}th,td{{padding-right:.6rem}}
.scroll svg{{max-width:none}}}}
@page{{size:landscape;margin:14mm}}
@media print{{body{{padding:0}}.scroll{{overflow:visible}}.scroll svg{{min-width:0!important}}
figure,table,tr,article,details{{break-inside:avoid}}h2,h3,summary{{break-after:avoid}}
details::details-content{{content-visibility:visible;block-size:auto}}}}
"""
_ROLE_RULES = "".join(
    f"body:has(.{role}:is(:hover,:focus-visible)) .{role}"
    "{text-decoration:underline 2px;font-weight:bold}\n"
    for role in ROLES
)
_SHOWN_ROLES = {
    Role.BATCH: "N, the samples",
    Role.TIME: "L, the steps",
    Role.FEATURE: "H, the features",
    Role.LAYERS: "layers*directions, the slots of a state",
    Role.GATES: "gates*hidden, the stacked rows",
}


def document(title: str, shown: Iterable[LayerFacts], *parts: str) -> str:
    """The whole file; pointing at a tensor of the facts shown lights up what belongs to it."""
    names = dict.fromkeys(tensor.name for facts in shown for tensor in facts.tensors)
    style = COLOURS + MARKS + _LAYOUT + _ROLE_RULES + "".join(map(_name_rule, names))
    head = joined(
        (
            Html('<meta charset="utf-8">'),
            Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
            Html('<meta name="color-scheme" content="light dark">'),
            element("title", title),
            Html(f"<style>{style}</style>"),
        )
    )
    body = element("body", element("main", element("h1", title), *parts))
    return f'<!DOCTYPE html>\n<html lang="en">\n<head>{head}</head>\n{body}\n</html>'


def _name_rule(name: str) -> str:
    """What is not on the way of this tensor grows pale while its name is pointed at."""
    pointed = f'section:has([data-of="{name}"]:is(:hover,:focus-visible)) .unrolled'
    return f"{pointed} g:not(.{name}){{opacity:.25}}{pointed} g.{name}{{--line:var(--strong)}}\n"


def figure(scene: Scene, name: str | None = None, kind: str = "unrolled") -> Html:
    """A picture that scrolls where the page is narrower; ``name`` is its strong tensor."""
    drawing = scrolling(Html(inline(scene, name)), scene.title)
    return element("figure", drawing, class_=kind, style="margin:.5rem 0")


def legend(shown: Iterable[LayerFacts]) -> Html:
    """The colours of the roles that occur; pointing at one shows where that axis is."""
    occurring = {role for facts in shown for role in roles_of(facts)}
    items = (
        element("li", element("span", words, class_=ROLE_CLASSES[role], tabindex="0"))
        for role, words in _SHOWN_ROLES.items()
        if role in occurring
    )
    return element("ul", *items, class_="legend", aria_label="the colours of the axes")


def shape(axes: Axes) -> Html:
    """``(L, N, H_in) = (5, 3, 10)``, each axis in its colour."""
    return element("span", _words(symbols(axes)), " = ", _words(numbers(axes)), class_="shape")


def _words(words: Iterable[Word]) -> Html:
    return joined(
        element("span", word.text, class_=word.kind) if word.kind else word.text for word in words
    )


def axes_list(axes: Axes, why: Callable[[Axis], str]) -> Html:
    """Each axis with its role and why it is there and has its size."""
    return element("ul", *(element("li", *_axis(axis, why(axis))) for axis in axes))


def reasons_of(config: RNNConfig) -> Callable[[Axis], str]:
    """Why an axis of this layer is there, in words; empty where there is nothing to say."""
    return lambda axis: sentence(axis.because, config) if axis.because else ""


def _axis(axis: Axis, why: str) -> Iterable[str]:
    size = f"{axis.size.symbol} = {axis.size.value}"
    yield element("span", size, class_=f"shape {ROLE_CLASSES[axis.role]}")
    yield f" {axis.role}" + (f": {why}" if why else "")


def findings(found: Iterable[Finding]) -> Html:
    """What is wrong, each with its place, evidence and repair; nothing if nothing is."""
    told = [_finding(finding) for finding in found]
    return section("Findings", *told) if told else Html("")


def _finding(finding: Finding) -> Html:
    times = f" ({finding.count} times)" if finding.count > 1 else ""
    head = f"{finding.code} {finding.severity} {finding.name}{times}"
    place = [code(str(finding.location)), " "] if finding.location else []
    parts = [element("h3", *place, head), element("p", finding.message)]
    if finding.fix:
        parts.append(element("p", "Fix: ", code(finding.fix)))
    for related in finding.related:
        parts.append(element("p", code(str(related.location)), f" {related.message}"))
    return element("article", *parts, class_=f"finding {finding.severity}")
