"""Conventions: the ways in which people call a recurrent layer, tried until one is understood."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import torch
from torch import Tensor

from rnnscope.verification.layouts import Found, Passing, passings
from rnnscope.verification.probe import Outcome, Probe
from rnnscope.verification.returns import Reading, describe, listed, read_sequence, read_step


class Style(str, Enum):
    """What one call computes, and on an input of which axes."""

    TIME_FIRST = "(L, N, H_in)"
    BATCH_FIRST = "(N, L, H_in)"
    STEP = "(N, H_in), one step at a time"
    TOKEN = "(1, N, H_in), one step at a time"
    TOKEN_BATCH_FIRST = "(N, 1, H_in), one step at a time"
    UNBATCHED = "(L, H_in), one sequence at a time"

    def __str__(self) -> str:
        return self.value

    @property
    def sequence(self) -> bool:
        """True when one call runs over all steps of a batch."""
        return self in (Style.TIME_FIRST, Style.BATCH_FIRST)

    @property
    def stepwise(self) -> bool:
        """True when the caller loops over the steps."""
        return self in (Style.STEP, Style.TOKEN, Style.TOKEN_BATCH_FIRST)


# What people call the argument that holds states.
_STATE_NAME = re.compile(r"h$|hx|h_?0|h_|hid|state|prev|init|hc$|carry|mem|c_?0|past|last")


@dataclass(frozen=True, slots=True)
class Signature:
    """How many arguments a layer takes after its input, and how many it must have."""

    required: int
    most: int
    speaks_of_states: bool = False

    @classmethod
    def of(cls, function: Callable[..., Any]) -> Signature:
        """Read the signature of the method that computes; unknown ones take anything."""
        try:
            parameters = list(inspect.signature(function).parameters.values())
        except (TypeError, ValueError):
            return cls(0, 2)
        positional = [
            p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        ]
        required = sum(p.default is p.empty for p in positional)
        most = 3 if any(p.kind is p.VAR_POSITIONAL for p in parameters) else len(positional)
        state = len(positional) > 1 and bool(_STATE_NAME.match(positional[1].name.casefold()))
        return cls(max(0, required - 1), max(0, most - 1), state)


@dataclass(frozen=True, slots=True)
class Convention:
    """One way of calling: the style of the input, and how states are passed (None: left out)."""

    style: Style
    passing: Passing | None

    def call(self, function: Callable[..., Any], probe: Probe, given: bool) -> Reading:
        """Run the probe through and bring the result into torch's layout.

        Raises whatever the function raises, and Misread when its result is not understood.
        """
        if self.style.sequence:
            return self._call_sequence(function, probe, given)
        if self.style is Style.UNBATCHED:
            return self._call_samples(function, probe, given)
        return self._call_steps(function, probe, given)

    def _states(self, probe: Probe, given: bool) -> tuple[Any, ...]:
        if self.passing is None or not given:
            return ()
        return self.passing.arguments(probe.h_0, probe.c_0)

    def _call_sequence(self, function: Callable[..., Any], probe: Probe, given: bool) -> Reading:
        x = probe.x if probe.tokens is None else probe.tokens
        if self.style is Style.BATCH_FIRST:
            x = x.transpose(0, 1)
        result = function(x, *self._states(probe, given))
        reading = read_sequence(result, probe)
        if reading is None:
            raise Misread(result)
        return reading

    def _call_samples(self, function: Callable[..., Any], probe: Probe, given: bool) -> Reading:
        readings = []
        for n in range(probe.batch):
            result = function(probe.x[:, n])
            values = result if isinstance(result, (tuple, list)) else (result,)
            readings.append(_read_sample(values, probe))
        outputs = [r.output for r in readings if r.output is not None]
        finals = [r.h_n for r in readings if r.h_n is not None]
        return Reading(
            Outcome(
                torch.stack(outputs, 1) if len(outputs) == probe.batch else None,
                torch.stack(finals, 1) if len(finals) == probe.batch else None,
            )
        )

    def _call_steps(self, function: Callable[..., Any], probe: Probe, given: bool) -> Reading:
        """Loop over the steps, handing each one the states of the one before."""
        first = probe if given else replace_states(probe)
        outputs: list[Tensor] = []
        h: Found | None = None
        c: Found | None = None
        form = None
        for t in range(probe.seq_len):
            result = function(self._step(probe, t), *self._states(first, True))
            output, h, c = read_step(_without_time(result, self.style, probe), probe)
            if h is None or (probe.c_0 is not None and c is None):
                raise Misread(result)
            form = h.form
            outputs.append(h.value[-1] if output is None else output)
            first = replace(first, h_0=h.value, c_0=c.value if c else None)
        if any(tuple(o.shape) != (probe.batch, probe.config.output_size) for o in outputs):
            raise Misread(outputs)
        outcome = Outcome(torch.stack(outputs), h.value if h else None, c.value if c else None)
        return Reading(outcome, None, form)

    def _step(self, probe: Probe, t: int) -> Tensor:
        x = (probe.x if probe.tokens is None else probe.tokens)[t]
        if self.style is Style.TOKEN:
            return x.unsqueeze(0)
        return x.unsqueeze(1) if self.style is Style.TOKEN_BATCH_FIRST else x


class Misread(Exception):  # noqa: N818 - it is caught, and never shown as an error
    """A result that holds neither an output nor a state of the expected shape."""

    def __init__(self, result: object) -> None:
        first = listed(result)[0] if listed(result) else None
        self.first = tuple(first.shape) if isinstance(first, Tensor) else None
        self.shapes = describe(result)
        super().__init__(self.shapes)


def replace_states(probe: Probe) -> Probe:
    """The same probe with initial states of zero."""
    zero_c = None if probe.c_0 is None else torch.zeros_like(probe.c_0)
    return replace(probe, h_0=torch.zeros_like(probe.h_0), c_0=zero_c)


@dataclass(frozen=True, slots=True)
class Order:
    """What is tried first: single steps, and, where a layer was told, its own batch_first."""

    single_step: bool = False
    batch_first: bool | None = None

    def after(self, speaks_of_a_step: bool) -> Order:
        """The same, with single steps first when the layer's name asks for them."""
        return replace(self, single_step=self.single_step or speaks_of_a_step)

    def styles(self, steps: list[Style]) -> list[Style]:
        """Every style in its turn."""
        sequences = [Style.TIME_FIRST, Style.BATCH_FIRST]
        if self.batch_first:
            sequences.reverse()
        return [*steps, *sequences] if self.single_step else [*sequences, *steps]


def conventions(signature: Signature, probe: Probe, order: Order) -> Iterator[Convention]:
    """Every convention that the signature allows, the likeliest first."""
    has_c = probe.c_0 is not None
    one_layer_way = probe.config.directions == 1
    steps = [Style.STEP, Style.TOKEN, Style.TOKEN_BATCH_FIRST] if one_layer_way else []
    for style in order.styles(steps):
        ways = passings(probe.layers, has_c, signature.most, style is Style.STEP)
        for way in ways:
            yield Convention(style, way)
        if signature.required == 0 and style.sequence:
            yield Convention(style, None)
    if signature.required == 0 and probe.layers == 1 and probe.tokens is None:
        yield Convention(Style.UNBATCHED, None)


def _without_time(result: object, style: Style, probe: Probe) -> Any:
    """The result of a one-step sequence with the axis of time taken out of its output."""
    if style is Style.STEP or not isinstance(result, (tuple, list)) or not result:
        return result
    output = result[0]
    if not isinstance(output, Tensor) or output.ndim != 3:
        return result
    axis = 0 if style is Style.TOKEN else 1
    if output.shape[axis] != 1:
        raise Misread(result)
    return (output.squeeze(axis), *result[1:])


def _read_sample(values: Any, probe: Probe) -> Outcome:
    features = probe.config.output_size
    output = h_n = None
    for value in values:
        if not isinstance(value, Tensor):
            continue
        if tuple(value.shape) == (probe.seq_len, features) and output is None:
            output = value
        elif value.numel() == features and h_n is None:
            h_n = value.reshape(1, features)
    if output is None and h_n is None:
        raise Misread(values)
    return Outcome(output, h_n)
