"""How pictures and pages look: one colour a role, in a light and a dark scheme.

Each colour of a text has a contrast of at least 4.5 to the paper and to what is painted behind it.
"""

from __future__ import annotations

LIGHT = {
    "paper": "#ffffff",
    "panel": "#f5f6f8",
    "ink": "#1b2027",
    "quiet": "#59626d",
    "line": "#7b8592",
    "rule": "#d5dae0",
    "batch": "#13713a",
    "time": "#0a6494",
    "feature": "#8f4e00",
    "layers": "#8b2fa3",
    "gates": "#3f4fc4",
    "strong": "#c2185b",
    "good": "#13713a",
    "bad": "#b3261e",
    "gate-0": "#dbe8fb",
    "gate-1": "#fbe3d6",
    "gate-2": "#dff1dd",
    "gate-3": "#f1e1f6",
}
DARK = {
    "paper": "#11151a",
    "panel": "#1a2027",
    "ink": "#e8ebef",
    "quiet": "#a3adb8",
    "line": "#7d8896",
    "rule": "#343d48",
    "batch": "#5fd38a",
    "time": "#63c1f2",
    "feature": "#eab256",
    "layers": "#dd9bf0",
    "gates": "#a6b4ff",
    "strong": "#ff7eb0",
    "good": "#5fd38a",
    "bad": "#ff8a80",
    "gate-0": "#1f3450",
    "gate-1": "#4a2c1e",
    "gate-2": "#1f3d26",
    "gate-3": "#3d2747",
}
ROLES = ("batch", "time", "feature", "layers", "gates")


def _variables(colours: dict[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in colours.items())


COLOURS = (
    f":root{{color-scheme:light dark;{_variables(LIGHT)}}}\n"
    f"@media (prefers-color-scheme:dark){{:root{{{_variables(DARK)}}}}}\n"
    f"@media print{{:root{{{_variables(LIGHT)}}}}}\n"
    + "".join(f".{role}{{color:var(--{role});fill:var(--{role})}}" for role in ROLES)
    + "\n"
)
MONOSPACE = 'ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace'
MARKS = (
    f"""svg text{{font-family:{MONOSPACE};fill:var(--ink);white-space:pre}}
.paper{{fill:var(--paper)}}
.line{{fill:none;stroke:var(--line);stroke-width:1.5;stroke-linejoin:round}}
.gap{{fill:none;stroke:var(--paper);stroke-width:6}}
.head{{fill:var(--line)}}
.dashed{{stroke-dasharray:3 4}}
.unit{{fill:var(--panel);stroke:var(--line);stroke-width:1.5}}
.part{{fill:var(--paper);stroke:var(--line)}}
.node{{fill:var(--paper);stroke:var(--ink)}}
.in{{fill:none;stroke:var(--line);stroke-dasharray:3 3}}
.span{{fill:var(--batch);fill-opacity:.3}}
.moves{{fill:var(--time)}}.leak{{fill:var(--bad)}}.still{{fill:var(--panel)}}
.untried{{fill:none;stroke:var(--rule)}}
text.quiet,text .quiet{{fill:var(--quiet)}}
text.title{{font-weight:bold}}
"""
    + "".join(f".gate-{n}{{fill:var(--gate-{n});stroke:var(--line)}}" for n in range(4))
    + """
.pale .line,.pale .head,.pale rect{opacity:.35}
.pale tspan,.pale text{fill:var(--quiet)}
.strong{--line:var(--strong)}
.strong .line,.strong .unit{stroke-width:2.5}
.strong text{font-weight:bold}
"""
)
