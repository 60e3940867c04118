"""RNN214: a state on another device than the input."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.rules.rnn213_input_device import same_device
from rnnscope.subjects import LayerCall
from rnnscope.subjects.state_shapes import given_states


@rule("RNN214", "state-device", Severity.ERROR, LayerCall)
def state_device(call: LayerCall) -> Iterator[Problem]:
    """A state is on another device than the input.

    What it does
    ------------
    Compares the device of h_0 and c_0 with that of the input, or of the weights.

    Why is this bad?
    ----------------
    torch.zeros(...) makes a tensor on the CPU, whatever the model and its batch are on.
    input.new_zeros(...) makes one where the input is.

    Example
    -------
    gru = nn.GRU(10, 20)
    x = torch.randn(5, 3, 10)
    h_0 = torch.zeros(1, 3, 20, device="meta")  # RNN214
    output, h_n = gru(x, h_0)

    Use instead
    -----------
    gru = nn.GRU(10, 20)
    x = torch.randn(5, 3, 10)
    h_0 = x.new_zeros(1, 3, 20)
    output, h_n = gru(x, h_0)
    """
    home = call.input.device if call.input and call.input.device else call.config.device
    wrong = {
        name: sketch.device
        for name, sketch in given_states(call).items()
        if sketch.device and home and not same_device(sketch.device, home)
    }
    if wrong:
        verb = "are" if len(wrong) > 1 else "is"
        moves = ", ".join(f"{name}.to(input.device)" for name in wrong)
        yield Problem(
            f"{' and '.join(wrong)} {verb} on {next(iter(wrong.values()))} and the input is on "
            f"{home}: build states with input.new_zeros(...), or pass device=input.device.",
            f"{', '.join(wrong)} = {moves}",
        )
