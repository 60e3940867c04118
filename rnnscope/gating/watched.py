"""The gates of a watched program: of each recurrent layer, on the recorded steps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from rnnscope.errors import RnnscopeError
from rnnscope.findings import Finding, Location, Severity
from rnnscope.gating.report import Gates, gathered, read_gates
from rnnscope.measuring.measurement import arguments
from rnnscope.recording.layers import LayerCall
from rnnscope.recording.nest import map_tensors
from rnnscope.recording.subscriber import Subscriber
from rnnscope.recording.tape import Tape

_Place = tuple[str, Location | None]  # a layer's class and the line of its call


class WatchedGates(Subscriber):
    """The last call of each line in each recorded step, and what is wrong with it.

    Most of what a rule says of one batch may be chance: it is told where it holds for every one; a
    warning is certain at once.
    """

    def __init__(self) -> None:
        self._calls: dict[_Place, tuple[nn.Module, Any, Any]] = {}
        self._last: dict[_Place, Gates] = {}
        self._found: dict[_Place, dict[str, Finding]] = {}

    def layer_returned(self, call: LayerCall) -> None:
        """A recurrent layer has run."""
        place = type(call.module).__name__, call.place.location if call.place else None
        given = arguments(tuple(call.args), dict(call.kwargs))
        self._calls[place] = call.module, *map_tensors(given, Tensor.detach)

    def step_ended(self, tape: Tape) -> None:
        """Gradients are there, weights are still those of the calls: run the layers openly."""
        calls, self._calls = self._calls, {}
        for place, (module, input, hx) in calls.items():
            try:
                gates = read_gates(module, input, hx, None, _words(place))
            except (
                RnnscopeError
            ):  # a layer with a forward of its own: nothing is known of its gates
                continue
            found = {finding.code: finding for finding in gates.findings}
            known = self._found.get(place, found)
            self._found[place] = {
                code: finding
                for code, finding in (found | known).items()
                if finding.severity is not Severity.HINT or (code in found and code in known)
            }
            self._last[place] = gates

    @property
    def gates(self) -> Gates | None:
        """What they did in the last recorded step, without the findings; None where none ran."""
        if not self._last:
            return None
        return replace(gathered(list(self._last.values())), findings=())

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong, at the line of the call."""
        return tuple(
            replace(finding, location=location)
            for (_, location), found in self._found.items()
            for finding in found.values()
        )


def _words(place: _Place) -> str:
    kind, location = place
    return f"{kind} at {Path(location.file).name}:{location.line}" if location else kind
