"""RNN212: a state of another dtype than the weights."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.rules.rnn211_input_dtype import converts
from rnnscope.subjects import LayerCall
from rnnscope.subjects.state_shapes import given_states


@rule("RNN212", "state-dtype", Severity.ERROR, LayerCall)
def state_dtype(call: LayerCall) -> Iterator[Problem]:
    """A state has another dtype than the weights.

    What it does
    ------------
    Compares the dtype of h_0 and c_0 with that of the layer's parameters.

    Why is this bad?
    ----------------
    torch.zeros makes float32, whatever the model and its data are. torch speaks of mat1 and mat2
    then, or of an unsupported data type, and never of a state.

    Example
    -------
    gru = nn.GRU(10, 20).double()
    x = torch.randn(5, 3, 10, dtype=torch.float64)
    h_0 = torch.zeros(1, 3, 20)  # RNN212
    output, h_n = gru(x, h_0)

    Use instead
    -----------
    gru = nn.GRU(10, 20).double()
    x = torch.randn(5, 3, 10, dtype=torch.float64)
    h_0 = x.new_zeros(1, 3, 20)
    output, h_n = gru(x, h_0)
    """
    wanted = call.config.dtype
    wrong = {
        name: sketch.dtype
        for name, sketch in given_states(call).items()
        if sketch.dtype and wanted and sketch.dtype != wanted and not converts(call, sketch.dtype)
    }
    if wrong:
        got = " and ".join(dict.fromkeys(wrong.values()))
        changes = ", ".join(f"{name}.to(torch.{wanted})" for name in wrong)
        yield Problem(
            f"{' and '.join(wrong)} must be {wanted} as the weights, got {got}: "
            "input.new_zeros(...) takes the dtype from the input, torch.zeros(...) does not.",
            f"{', '.join(wrong)} = {changes}",
        )
