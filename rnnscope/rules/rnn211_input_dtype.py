"""RNN211: an input of another dtype than the weights."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import LayerCall

_INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "bool")
_CAST_BY_AUTOCAST = ("float16", "bfloat16", "float32")


@rule("RNN211", "input-dtype", Severity.ERROR, LayerCall)
def input_dtype(call: LayerCall) -> Iterator[Problem]:
    """The input has another dtype than the weights.

    What it does
    ------------
    Compares the dtype of the input with that of the layer's parameters. Under autocast only what
    autocast does not convert is reported: float64 and integers.

    Why is this bad?
    ----------------
    Data from numpy or pandas is float64, layers are float32. Integers are indices or one-hot
    vectors, which need an Embedding or a conversion. torch never converts either.

    Example
    -------
    lstm = nn.LSTM(10, 20)
    x = torch.randn(5, 3, 10, dtype=torch.float64)  # RNN211
    output, _ = lstm(x)

    Use instead
    -----------
    lstm = nn.LSTM(10, 20)
    x = torch.randn(5, 3, 10, dtype=torch.float64)
    output, _ = lstm(x.float())
    """
    got = call.input.dtype if call.input else None
    wanted = call.config.dtype
    if got is None or wanted is None or got == wanted or converts(call, got):
        return
    if got in _INTEGERS:
        yield Problem(
            f"input must be {wanted} as the weights, got {got}: indices go through nn.Embedding "
            "first, one-hot vectors must be converted.",
            f"input = input.to(torch.{wanted})  # or embedding(input)",
        )
    else:
        yield Problem(
            f"input must be {wanted} as the weights, got {got}.",
            f"input = input.to(torch.{wanted})  # or layer.to(torch.{got})",
        )


def converts(call: LayerCall, dtype: str) -> bool:
    """True when autocast is on and converts this dtype by itself."""
    return call.autocast is not None and dtype in _CAST_BY_AUTOCAST
