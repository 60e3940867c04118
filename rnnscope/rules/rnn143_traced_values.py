"""RNN143: values that tracing turns into constants."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN143", "traced-values", Severity.WARNING, Reading)
def traced_values(reading: Reading) -> Iterator[Problem]:
    """Tracing keeps the lengths, the batch size and the states of the example as constants.

    What it does
    ------------
    Explains the warnings and failures of torch.jit.trace and the ONNX exporter for recurrent
    layers.

    Why is this bad?
    ----------------
    A trace records what happened with one example. Lengths in a Python list, a batch size read
    with size() and a state kept on the module become constants, right for that example alone. A
    traced graph has no checks: states for a smaller batch can crash the process.

    Example
    -------
    def pack(x):
        return pack_padded_sequence(x, [5, 4, 2]).data  # RNN143

    traced = torch.jit.trace(pack, (torch.randn(5, 3, 10),))  # RNN151

    Use instead
    -----------
    lengths = torch.tensor([5, 4, 2])
    packed = pack_padded_sequence(torch.randn(5, 3, 10), lengths)
    """
    yield Problem(
        "tracing keeps what depends on the example as a constant: lengths in a Python list, a "
        "batch size, a state on the module. The trace is right for inputs like the example "
        "only, and states for a smaller batch can crash the process.",
        "pass lengths as a tensor, and build states from input.size() inside forward",
    )
