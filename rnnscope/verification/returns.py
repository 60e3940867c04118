"""Reading what a hand-written layer returns: output, h_n and c_n, in whatever order and nesting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from rnnscope.verification.layouts import LISTED, Found, read_state
from rnnscope.verification.probe import Outcome, Probe


@dataclass(frozen=True, slots=True)
class Reading:
    """A result understood: the outcome, and the layouts in which its parts came.

    ``output_form`` is "time first", "batch first" or None; ``state_form`` one of layouts.FORMS or
    None. ``unread`` describes by shapes what stands where states should, and is none.
    """

    outcome: Outcome
    output_form: str | None = None
    state_form: str | None = None
    unread: str = ""


def read_sequence(result: object, probe: Probe) -> Reading | None:
    """Read the result for a whole sequence; None when not even an output or a state is there."""
    items = listed(result)
    output = _read_output(items[0], probe) if items else None
    if output is None and len(items) > 1 and isinstance(items[0], list):
        output = _read_output(items[0], probe)
    rest = items[1:] if output is not None else items
    h, c = read_states(rest, probe)
    if output is None and h is None:
        return None
    return Reading(
        Outcome(output[0] if output else None, _value(h), _value(c)),
        output[1] if output else None,
        h.form if h else None,
        describe(tuple(rest) if len(rest) > 1 else rest[0]) if rest and h is None else "",
    )


def read_step(result: object, probe: Probe) -> tuple[Tensor | None, Found | None, Found | None]:
    """Read the result for one step: its output (N, H_out), and the new states."""
    items = listed(result)
    has_c = probe.c_0 is not None
    alone = len(items) == (2 if has_c else 1)
    beside = len(items) == 2 and isinstance(items[0], Tensor) and not isinstance(items[1], Tensor)
    if alone and not beside:
        return None, *read_states(items, probe)
    output = items[0] if items and isinstance(items[0], Tensor) else None
    return output, *read_states(items[1:], probe)


def read_states(items: Sequence[object], probe: Probe) -> tuple[Found | None, Found | None]:
    """Read h_n and c_n out of ``h``, ``(h, c)``, ``h, c`` or one pair for each layer."""
    has_c = probe.c_0 is not None
    size_h = int(probe.h_0.shape[-1])
    if len(items) == 1 and isinstance(items[0], (list, tuple)):
        if not has_c:
            return read_state(items[0], probe, size_h), None
        return _read_pair(items[0], probe) if items[0] else (None, None)
    if not items:
        return None, None
    if has_c:
        return _read_pair(items, probe)
    return read_state(items[0], probe, size_h), None


def _read_pair(items: Sequence[Any], probe: Probe) -> tuple[Found | None, Found | None]:
    assert probe.c_0 is not None
    size_h, size_c = int(probe.h_0.shape[-1]), int(probe.c_0.shape[-1])
    pairs = all(isinstance(item, (list, tuple)) and len(item) == 2 for item in items)
    if pairs and len(items) == probe.layers:
        h = read_state([item[0] for item in items], probe, size_h)
        c = read_state([item[1] for item in items], probe, size_c)
        if h and c:
            return Found(h.value, LISTED), Found(c.value, LISTED)
    if len(items) < 2:
        return read_state(items[0], probe, size_h), None
    return read_state(items[0], probe, size_h), read_state(items[1], probe, size_c)


def _read_output(value: object, probe: Probe) -> tuple[Tensor, str] | None:
    """The output as (L, N, D*H_out), and how it came; None when the shape is another."""
    if isinstance(value, list) and value and all(isinstance(item, Tensor) for item in value):
        same = all(item.shape == value[0].shape for item in value)
        value = torch.stack(value) if same and len(value) == probe.seq_len else None
    if not isinstance(value, Tensor) or value.ndim != 3:
        return None
    features = probe.config.directions * probe.config.output_size
    if tuple(value.shape) == (probe.seq_len, probe.batch, features):
        return value, "time first"
    if tuple(value.shape) == (probe.batch, probe.seq_len, features):
        return value.transpose(0, 1), "batch first"
    return None


def _value(found: Found | None) -> Tensor | None:
    return found.value if found else None


def listed(result: object) -> list[Any]:
    """The parts of a result: of a tuple, a list, a dict or a lone tensor."""
    if isinstance(result, dict):
        return list(result.values())
    if isinstance(result, tuple):
        return list(result)
    if isinstance(result, list) and result and not isinstance(result[0], Tensor):
        return list(result)
    return [result]


def describe(value: object) -> str:
    """A result by its shapes: ``((5, 3, 20), ((1, 3, 20), (1, 3, 20)))``."""
    if isinstance(value, Tensor):
        return str(tuple(value.shape))
    if isinstance(value, (list, tuple)):
        inside = ", ".join(describe(item) for item in value[:4])
        more = ", …" if len(value) > 4 else ""
        return f"[{inside}{more}]" if isinstance(value, list) else f"({inside}{more})"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{k}: {describe(v)}' for k, v in value.items())}}}"
    return type(value).__name__
