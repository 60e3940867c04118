"""RNN226: tensors on several devices in one layer."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN226", "device-mismatch", Severity.ERROR, Reading)
def device_mismatch(reading: Reading) -> Iterator[Problem]:
    """Input, states and weights of a layer are on one device.

    What it does
    ------------
    Explains the messages about tensors on different devices.

    Why is this bad?
    ----------------
    model.to(device) moves parameters and buffers. It moves neither the batch nor a state that
    forward makes with torch.zeros.

    Example
    -------
    linear = nn.Linear(10, 20, device="meta")
    output = linear(torch.randn(3, 10))  # RNN226

    Use instead
    -----------
    linear = nn.Linear(10, 20, device="meta")
    output = linear(torch.randn(3, 10, device="meta"))
    """
    yield Problem(
        "tensors on two devices meet. With a recurrent layer, most likely: h_0 made by "
        "torch.zeros without device=; or a batch that was not moved with the model; or states "
        "kept from before model.to(device).",
        "h_0 = input.new_zeros(...)  # and input = input.to(device)",
    )
