"""RNN213: an input on another device than the weights."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import LayerCall


@rule("RNN213", "input-device", Severity.ERROR, LayerCall)
def input_device(call: LayerCall) -> Iterator[Problem]:
    """The input is on another device than the weights.

    What it does
    ------------
    Compares the device of the input with that of the layer's parameters.

    Why is this bad?
    ----------------
    torch does not move tensors by itself: either the batch was not moved to the model's device, or
    the model was not moved, or model.to(device) was called on one of two models.

    Example
    -------
    lstm = nn.LSTM(10, 20, device="meta")
    x = torch.randn(5, 3, 10)  # RNN213
    output, _ = lstm(x)

    Use instead
    -----------
    lstm = nn.LSTM(10, 20, device="meta")
    x = torch.randn(5, 3, 10)
    output, _ = lstm(x.to("meta"))
    """
    got = call.input.device if call.input else None
    wanted = call.config.device
    if got is not None and wanted is not None and not same_device(got, wanted):
        yield Problem(
            f"input is on {got} and the weights are on {wanted}: all must be on one device.",
            f'input = input.to("{wanted}")  # or layer.to("{got}")',
        )


def same_device(one: str, other: str) -> bool:
    """Compare devices as torch does: ``cuda`` without a number is the current one, any of them.

    >>> same_device("cuda", "cuda:1"), same_device("cuda:0", "cuda:1")
    (True, False)
    """
    (first, _, one_index), (second, _, other_index) = one.partition(":"), other.partition(":")
    return first == second and (not one_index or not other_index or one_index == other_index)
