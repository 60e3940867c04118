"""RNN951: weights that are no single chunk of memory, on CUDA."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN951", "weights-in-pieces", Severity.WARNING, Reading)
def weights_in_pieces(reading: Reading) -> Iterator[Problem]:
    """The weights are not one chunk of memory, and are copied together in every call.

    What it does
    ------------
    Explains cuDNN's warning about flatten_parameters.

    Why is this bad?
    ----------------
    cuDNN reads all weights of a layer from one chunk. Weight dropout, weight_norm, replicas of
    nn.DataParallel and copies take them apart.

    Example
    -------
    lstm = nn.LSTM(10, 20, device="cuda")  # needs CUDA
    lstm.weight_hh_l0 = nn.Parameter(lstm.weight_hh_l0.clone())
    output, _ = lstm(torch.randn(5, 3, 10, device="cuda"))  # RNN951

    Use instead
    -----------
    lstm = nn.LSTM(10, 20)
    lstm.flatten_parameters()
    output, _ = lstm(torch.randn(5, 3, 10))
    """
    yield Problem(
        "the weights of the layer are not one chunk of memory, so that cuDNN copies them "
        "together in every call: slow, and not wrong.",
        "self.lstm.flatten_parameters()  # at the start of forward",
    )
