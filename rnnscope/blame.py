"""The place of a finding about a failed call: where its argument became what it must not be.

A state of a wrong size was made by some ``torch.zeros`` or ``unsqueeze``, perhaps three calls away,
and there the repair belongs; the call, where it shows, stays as a second place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from operator import attrgetter
from typing import Any

from rnnscope.findings import Finding
from rnnscope.recording.makers import made_at
from rnnscope.recording.nest import tensors_in
from rnnscope.recording.writing import Writer

# What is wrong, by code: the argument, and what of it. Sizes of an input are not here: whether the
# input or the layer has the wrong ones is for the rule to say.
_SIZES = ("RNN202", "RNN203", "RNN204", "RNN205", "RNN206", "RNN207", "RNN210")
_WRONG = {
    **dict.fromkeys(_SIZES, ("hx", "shape")),
    "RNN211": ("input", "dtype"),
    "RNN212": ("hx", "dtype"),
    "RNN213": ("input", "device"),
    "RNN214": ("hx", "device"),
}


_FLATTENING = ("view", "reshape", "flatten")


def blamed(finding: Finding, given: Mapping[str, Any], writer: Writer | None) -> Finding:
    """The finding at the line that made the argument so, with the call beside it."""
    if writer is not None and finding.code == "RNN201":
        return _flattened(finding, given.get("input"), writer)
    if writer is None or finding.location is None or finding.code not in _WRONG:
        return finding
    argument, what = _WRONG[finding.code]
    tensors = list(tensors_in(given.get(argument)))
    if "c_0" in finding.message and "h_0" not in finding.message:
        tensors.reverse()
    made = made_at(writer, tensors[0], attrgetter(what)) if tensors else None
    return finding.moved(made) if made is not None else finding


def _flattened(finding: Finding, given: Any, writer: Writer) -> Finding:
    """An input of two axes, whose steps and features one view has joined."""
    wanted, got = finding.values.get("wanted", 0), finding.values.get("got", 0)
    if getattr(given, "ndim", 0) != 2 or not wanted or got % wanted:
        return finding
    slot = writer.known(given)
    maker = next((call for call in writer.calls if slot in call.results), None)
    if maker is None or maker.name not in _FLATTENING or maker.location is None:
        return finding
    return replace(
        finding,
        location=maker.location,
        values={**finding.values, "flattened": maker.location},
    )
