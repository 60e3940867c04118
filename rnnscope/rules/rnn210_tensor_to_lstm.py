"""RNN210: one tensor where an LSTM takes the pair (h_0, c_0)."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import LayerCall
from rnnscope.subjects.state_shapes import axes_text, expected_states, sizes_text, state_names


@rule("RNN210", "tensor-to-lstm", Severity.ERROR, LayerCall)
def tensor_to_lstm(call: LayerCall) -> Iterator[Problem]:
    """An LSTM takes the pair (h_0, c_0), not one tensor.

    What it does
    ------------
    Looks for a single tensor given to an LSTM or LSTMCell as its states.

    Why is this bad?
    ----------------
    The LSTM indexes its states: hx[0] is taken for h_0 and hx[1] for c_0. Of one tensor these are
    slices, so torch complains about an index, about the number of axes, or not at all. An LSTMCell
    can crash the process.

    Example
    -------
    lstm = nn.LSTM(10, 20)
    x = torch.randn(5, 3, 10)
    h_0 = torch.zeros(1, 3, 20)  # RNN210
    output, _ = lstm(x, h_0)

    Use instead
    -----------
    lstm = nn.LSTM(10, 20)
    x = torch.randn(5, 3, 10)
    h_0 = torch.zeros(1, 3, 20)
    c_0 = torch.zeros(1, 3, 20)
    output, _ = lstm(x, (h_0, c_0))
    """
    if call.hx is None or not call.hx.is_tensor or len(state_names(call.config)) == 1:
        return
    if call.extra:  # h and c as two arguments, RNN217
        return
    wanted = " and ".join(
        f"{name} {axes_text(axes)}" for name, axes in expected_states(call).items()
    )
    got = f" of shape {sizes_text(call.hx.shape)}" if call.hx.shape is not None else ""
    name = call.config.kind or "LSTM"
    yield Problem(
        f"the states of an {name} are a pair, {wanted}; got one tensor{got}.",
        f"{'cell' if call.config.single_step else 'lstm'}(input, (h_0, c_0))",
    )
