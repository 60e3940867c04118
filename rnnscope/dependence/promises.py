"""Where a module breaks its own word: an attribute, an option, a docstring; samples that mix."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from rnnscope.dependence.facts import Axis, Dependence
from rnnscope.dependence.seeing import MAYBE
from rnnscope.subjects.comparison import Difference
from rnnscope.subjects.promises import Promises
from rnnscope.verification.verifying import location_of

_BATCH, _STEPS = r"(?:N|B|batch\w*)", r"(?:L|T|S|time\w*|seq\w*|steps?)"
_FIRST = re.compile(rf"[(\[]\s*{_BATCH}\s*,\s*{_STEPS}\s*,")
_MAJOR = re.compile(rf"[(\[]\s*{_STEPS}\s*,\s*{_BATCH}\s*,")
# At the start of a docstring, as in "A causal encoder": further on it is often one of several ways.
_CAUSAL = re.compile(
    r"^\s*(?:an? |the )?(?:\w+[ -]){0,2}(?<!non-)(?<!not )(?<!anti-)causal\b", re.I
)


def promises_of(target: Any, found: Dependence) -> Promises:
    """What the behaviour of a module says against its own word."""
    axes = found.inputs[0].axes
    differences = (*_leak(found, axes), *_layout(target, axes), *_order(target, found, axes))
    return Promises(found.target, differences, location_of(target))


def _leak(found: Dependence, axes: tuple[Axis, ...]) -> Iterator[Difference]:
    name = found.inputs[0].name
    for number, axis in enumerate(axes):
        if not axis.mixed:
            continue
        leak = next((f for f in found.influences if f.input == name and f.axis == number), None)
        j, i = next(leak.leaks, (0, 1)) if leak else (0, 1)
        yield Difference(
            "batch-leak",
            f"in evaluation mode a change of sample {i} of {name} moves the result of sample {j}, "
            f"along axis {number}",
            "compute along the axes of time and features, never along that of the samples",
            convention=axis.note == MAYBE,
        )


def _layout(target: Any, axes: tuple[Axis, ...]) -> Iterator[Difference]:
    """batch_first, or the shapes in a docstring, against the first two axes."""
    if len(axes) < 3:
        return
    said, word = getattr(target, "batch_first", None), f"batch_first={_bool(target)}"
    if not isinstance(said, bool):
        first, major = (bool(one.search(_documentation(target))) for one in (_FIRST, _MAJOR))
        if first == major:
            return
        said, word = first, "its docstring has the " + ("batch" if first else "time") + " first"
    batch, time = (0, 1) if said else (1, 0)
    if axes[batch].kind == "time" and axes[time].kind == "batch":
        yield Difference(
            "axes-against-word",
            f"{word}, and by behaviour axis {time} holds the samples and axis {batch} is "
            f"{axes[batch].words}",
            "transpose the first two axes, or change what it says",
        )


def _order(target: Any, found: Dependence, axes: tuple[Axis, ...]) -> Iterator[Difference]:
    """An option or a docstring that says causal, and a step that reads a later one."""
    said = next((n for n in ("causal", "is_causal") if getattr(target, n, None) is True), None)
    word = f"{said}=True" if said else ""
    if said is None and _CAUSAL.match(_documentation(target)):
        word = "its docstring says that it is causal"
    for number, axis in enumerate(axes if word else ()):
        if axis.kind == "time" and axis.how in ("both", "anti-causal"):
            turned = axis.how == "anti-causal"
            yield Difference(
                "not-causal",
                f"{word}, and along axis {number} of {found.inputs[0].name} "
                + ("steps read only later ones" if turned else "steps read later ones"),
                "turn the mask: position i may read j <= i, which is True above the diagonal for "
                "what is left out" if turned else "at step t read x[: t + 1] only",
            )  # fmt: skip
            return


def _bool(target: Any) -> Any:
    return getattr(target, "batch_first", None)


def _documentation(target: Any) -> str:
    """The docstrings of a module and of its forward; torch's own describe every layout at once."""
    kind = target if callable(target) and hasattr(target, "__code__") else type(target)
    if kind.__module__.startswith("torch."):
        return ""
    forward = getattr(kind, "forward", None)
    return f"{kind.__doc__ or ''}\n{getattr(forward, '__doc__', None) or ''}"
