"""RNN202: a state with the batch axis first."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import LayerCall
from rnnscope.subjects.state_shapes import Fault, StateFault, faults_of, names_of, told, zeros_code


@rule("RNN202", "state-batch-first", Severity.ERROR, LayerCall)
def state_batch_first(call: LayerCall) -> Iterator[Problem]:
    """A state was built with the batch axis first.

    What it does
    ------------
    Looks for h_0 and c_0 in which the first two axes are swapped.

    Why is this bad?
    ----------------
    batch_first=True moves the batch axis of input and output only. States are
    (D*num_layers, N, H_out) always; torch refuses others, except when the batch happens to be as
    large as D*num_layers: then it runs, and mixes samples with layers.

    Example
    -------
    lstm = nn.LSTM(10, 20, num_layers=2, batch_first=True)
    x = torch.randn(3, 5, 10)
    h_0 = torch.zeros(3, 2, 20)  # RNN202
    c_0 = torch.zeros(3, 2, 20)
    output, _ = lstm(x, (h_0, c_0))

    Use instead
    -----------
    lstm = nn.LSTM(10, 20, num_layers=2, batch_first=True)
    x = torch.randn(3, 5, 10)
    h_0 = torch.zeros(2, 3, 20)
    c_0 = torch.zeros(2, 3, 20)
    output, _ = lstm(x, (h_0, c_0))
    """
    faults = faults_of(call, Fault.BATCH_FIRST)
    if faults:
        yield Problem(
            f"{told(faults)}: built batch first. batch_first moves the batch axis of input and "
            "output, never that of a state.",
            _turned(faults) or zeros_code(call, faults),
        )


def _turned(faults: list[StateFault]) -> str | None:
    """The transposition, where that alone makes the states right."""
    for fault in faults:
        if fault.got is None or (fault.got[1], fault.got[0]) != fault.expected.shape[:2]:
            return None
    turned = [f"{fault.state}.transpose(0, 1).contiguous()" for fault in faults]
    return f"{names_of(faults, ', ')} = {', '.join(turned)}"
