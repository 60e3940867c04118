"""RNN954: a failure inside cuDNN or oneDNN."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN954", "backend-refused", Severity.WARNING, Reading)
def backend_refused(reading: Reading) -> Iterator[Problem]:
    """The library behind the layer failed, and the reason is often elsewhere.

    What it does
    ------------
    Explains failures of cuDNN and oneDNN that name no argument.

    Why is this bad?
    ----------------
    CUDA reports late: an index out of range in an Embedding, empty packed data or mixed dtypes
    show up inside the next recurrent layer. Half precision is not implemented everywhere.

    Example
    -------
    embedding = nn.Embedding(5, 10, device="cuda")  # needs CUDA
    lstm = nn.LSTM(10, 20, device="cuda")
    output, _ = lstm(embedding(torch.full((5, 3), 7, device="cuda")))  # RNN954

    Use instead
    -----------
    embedding = nn.Embedding(5, 10)
    lstm = nn.LSTM(10, 20)
    output, _ = lstm(embedding(torch.full((5, 3), 4)))
    """
    yield Problem(
        "cuDNN or oneDNN failed inside a recurrent layer. Most likely the reason lies before: "
        "an index out of range in an Embedding, lengths or packed data that are broken, mixed "
        "dtypes, or half precision that this device does not have.",
        "run once on the CPU in float32: there the message names the argument",
    )
