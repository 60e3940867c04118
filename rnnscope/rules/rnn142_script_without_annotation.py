"""RNN142: a scripted forward without a type for the states."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN142", "script-without-annotation", Severity.ERROR, Reading)
def script_without_annotation(reading: Reading) -> Iterator[Problem]:
    """TorchScript needs the type of the states in the signature.

    What it does
    ------------
    Explains why torch.jit.script refuses a call of an LSTM.

    Why is this bad?
    ----------------
    Without an annotation every argument is taken for a tensor. The states of an LSTM are an
    optional pair of tensors. TorchScript itself is deprecated since torch 2.13.

    Example
    -------
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = nn.LSTM(10, 20)

        def forward(self, x, state=None):
            return self.lstm(x, state)

    scripted = torch.jit.script(Model())  # RNN142

    Use instead
    -----------
    lstm = nn.LSTM(10, 20)
    output, _ = lstm(torch.randn(5, 3, 10))
    """
    yield Problem(
        "TorchScript takes every argument without annotation for a tensor, and the states of an "
        "LSTM are an optional pair.",
        "def forward(self, x, hx: Optional[Tuple[Tensor, Tensor]] = None):",
    )
