"""RNN219: a tuple, a list or packed data where a tensor is taken."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import LayerCall


@rule("RNN219", "input-not-a-tensor", Severity.ERROR, LayerCall)
def input_not_a_tensor(call: LayerCall) -> Iterator[Problem]:
    """The input is a tuple, a list or, for a cell, packed data.

    What it does
    ------------
    Looks at the type of the input.

    Why is this bad?
    ----------------
    A recurrent layer returns (output, states), and the next layer wants output alone: nn.Sequential
    does not unpack it. A list of steps must be stacked. A cell computes one step and knows nothing
    of packed sequences.

    Example
    -------
    first = nn.LSTM(10, 20)
    second = nn.LSTM(20, 20)
    x = torch.randn(5, 3, 10)
    output, _ = second(first(x))  # RNN219

    Use instead
    -----------
    first = nn.LSTM(10, 20)
    second = nn.LSTM(20, 20)
    x = torch.randn(5, 3, 10)
    output, _ = first(x)
    output, _ = second(output)
    """
    given = call.input
    if given is None or given.is_tensor:
        return
    if given.type == "PackedSequence":
        if call.config.single_step:
            yield Problem(
                "a cell computes one step and takes a tensor (N, H_in), got a PackedSequence.",
                "input, lengths = pad_packed_sequence(packed)  # or a layer instead of the cell",
            )
    elif given.type == "tuple":
        yield Problem(
            "input must be a tensor, got a tuple: a recurrent layer returns (output, states), and "
            "the next layer takes output alone.",
            "output, _ = first(input); output, _ = second(output)",
        )
    elif given.type == "list":
        yield Problem(
            "input must be a tensor, got a list: stack the steps of a sequence, pad sequences of "
            "several lengths.",
            "input = torch.stack(steps)  # or pad_sequence(sequences)",
        )
    else:
        yield Problem(
            f"input must be a tensor, got {given.type}.", "input = torch.as_tensor(input)"
        )
