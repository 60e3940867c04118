"""RNN451: the result tuple of a layer used as a tensor."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Location, Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN451", "result-as-tensor", Severity.ERROR, Reading)
def result_as_tensor(reading: Reading) -> Iterator[Problem]:
    """A recurrent layer returns (output, states), and the tuple was used as a tensor.

    What it does
    ------------
    Explains the messages of functions and methods that were given a tuple.

    Why is this bad?
    ----------------
    LSTM, GRU and RNN return two things, pad_packed_sequence returns (padded, lengths), and
    nn.Sequential unpacks nothing.

    Example
    -------
    lstm = nn.LSTM(10, 20)
    output = lstm(torch.randn(5, 3, 10))
    last = output[:, -1]  # RNN451

    Use instead
    -----------
    lstm = nn.LSTM(10, 20)
    output, _ = lstm(torch.randn(5, 3, 10))
    last = output[-1]
    """
    yield Problem(
        f"{_use(reading)}. A recurrent layer returns (output, h_n), an LSTM (output, (h_n, "
        "c_n)), and pad_packed_sequence (padded, lengths); nn.Sequential hands the whole tuple "
        "on.",
        "output, _ = lstm(input)  # output: (L, N, D*H_out), or (N, L, D*H_out) with batch_first",
        location=_sequential(reading),
    )


def _use(reading: Reading) -> str:
    function = reading.values.get("function", "").split()
    if function:
        return f"{function[-1].split('.')[-1]} takes a tensor, got a tuple"
    attribute = reading.values.get("attribute")
    return f"a tuple has no {attribute.strip()}" if attribute else "a tuple was used as a tensor"


def _sequential(reading: Reading) -> Location | None:
    """Where the layer was built, if nn.Sequential handed its result on: no line calls it."""
    call = reading.failure.after
    inside = any(step.startswith("container.py:") for step in reading.failure.through)
    return call.built_at if call is not None and inside else None
