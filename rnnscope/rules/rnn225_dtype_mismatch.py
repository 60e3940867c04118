"""RNN225: tensors of several dtypes in one layer."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN225", "dtype-mismatch", Severity.ERROR, Reading)
def dtype_mismatch(reading: Reading) -> Iterator[Problem]:
    """Input, states and weights of a layer have one dtype.

    What it does
    ------------
    Explains the messages about mat1 and mat2, scalar types and unsupported data types.

    Why is this bad?
    ----------------
    torch.zeros makes float32 and numpy makes float64. torch names a matrix product inside the
    layer, sometimes the wrong way round, and not the tensor that is at fault. Under autocast
    float64 and integers are left as they are.

    Example
    -------
    layer = nn.Linear(10, 20).double()
    output = layer(torch.randn(3, 10))  # RNN225

    Use instead
    -----------
    layer = nn.Linear(10, 20).double()
    output = layer(torch.randn(3, 10).double())
    """
    yield Problem(
        "two tensors of different dtypes meet in one layer. With a recurrent layer, most "
        "likely: h_0 or c_0 made by torch.zeros (float32) for a model in another dtype; or "
        "float64 data, as numpy makes it; or integers without an Embedding.",
        "h_0 = input.new_zeros(...)  # and input = input.float()",
    )
