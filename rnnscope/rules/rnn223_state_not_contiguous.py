"""RNN223: a state whose memory is not in order, on CUDA."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN223", "state-not-contiguous", Severity.ERROR, Reading)
def state_not_contiguous(reading: Reading) -> Iterator[Problem]:
    """cuDNN takes contiguous states only.

    What it does
    ------------
    Explains cuDNN's complaint about h_0 or c_0.

    Why is this bad?
    ----------------
    transpose, permute, expand and slices of another axis than the first leave the elements where
    they are. The CPU does not mind, cuDNN refuses.

    Example
    -------
    gru = nn.GRU(10, 20, batch_first=True, device="cuda")  # needs CUDA
    x = torch.randn(3, 5, 10, device="cuda")
    h_0 = torch.zeros(3, 1, 20, device="cuda").transpose(0, 1)
    output, h_n = gru(x, h_0)  # RNN223

    Use instead
    -----------
    gru = nn.GRU(10, 20, batch_first=True)
    x = torch.randn(3, 5, 10)
    h_0 = torch.zeros(3, 1, 20).transpose(0, 1).contiguous()
    output, h_n = gru(x, h_0)
    """
    state = "c_0" if reading.values["state"].startswith("c") else "h_0"
    yield Problem(
        f"{state} is not contiguous, as after transpose, permute, expand or a slice: cuDNN needs "
        "its elements in order, the CPU does not mind.",
        f"{state} = {state}.contiguous()",
    )
