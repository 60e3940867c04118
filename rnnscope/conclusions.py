"""The sentence with which a report of a call or of a message ends, whatever was found."""

from __future__ import annotations

from collections.abc import Sequence

from rnnscope.findings import Finding
from rnnscope.subjects import LayerCall, TensorSpec

_UNKNOWN = "This does not look like a message about recurrent layers: nothing is known of it."
_CUT_SHORT = "This traceback ends before its last line, which says what went wrong: give it whole."


def of_call(call: LayerCall, findings: Sequence[Finding]) -> str:
    """What is left to say of a planned call after the findings."""
    if any(finding.severity.counts for finding in findings):
        return ""
    if call.input is None:
        return "No input was given, as in --input 5,3,10: only the layer's options were checked."
    if _half_given(call):
        return "Nothing is wrong so far, but an LSTM takes h_0 and c_0 together: give both or none."
    return "Otherwise it runs." if findings else "Nothing is wrong with this call."


def _half_given(call: LayerCall) -> bool:
    """True for h_0 without c_0, or the other way round."""
    return call.hx is not None and TensorSpec() in call.hx.items


def of_message(message: str, findings: Sequence[Finding]) -> str:
    """What is to be said of a message that no rule explains."""
    if findings:
        return ""
    return _CUT_SHORT if _is_cut_short(message) else _UNKNOWN


def _is_cut_short(message: str) -> bool:
    """A traceback's last line stands at the margin and says what went wrong."""
    lines = message.rstrip().splitlines()
    return any(line.startswith("Traceback ") for line in lines) and lines[-1].startswith(" ")
