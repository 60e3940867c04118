"""RNN218: something that is no tensor, where a state is taken."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import LayerCall, TensorSpec
from rnnscope.subjects.state_shapes import state_names


@rule("RNN218", "states-not-tensors", Severity.ERROR, LayerCall)
def states_not_tensors(call: LayerCall) -> Iterator[Problem]:
    """The second argument holds something that is no state.

    What it does
    ------------
    Looks for None inside a tuple of states, for numbers, and for a PackedSequence.

    Why is this bad?
    ----------------
    "No state" is plain None, or nothing at all; (None, None) is not. Lengths do not go into the
    layer either: they go into pack_padded_sequence, and the layer takes what that returns.

    Example
    -------
    lstm = nn.LSTM(10, 20)
    x = torch.randn(5, 3, 10)
    output, _ = lstm(x, (None, None))  # RNN218

    Use instead
    -----------
    lstm = nn.LSTM(10, 20)
    x = torch.randn(5, 3, 10)
    output, _ = lstm(x)
    """
    wrong = next((sketch for sketch in _items(call) if not sketch.is_tensor), None)
    if wrong is None or (call.hx is not None and call.hx.type == "NoneType"):
        return
    if wrong.type == "NoneType":
        yield Problem(
            f"the states are {_pair(call)}, got None inside: for zeros leave them out.",
            "layer(input)",
        )
    elif wrong.type in ("int", "float"):
        yield Problem(
            "the second argument is the initial state, got numbers: lengths go into "
            "pack_padded_sequence, and the layer takes the PackedSequence that it returns.",
            "layer(pack_padded_sequence(input, lengths, enforce_sorted=False))",
        )
    elif wrong.type not in ("tuple", "list"):
        yield Problem(f"the states are {_pair(call)}, got a {wrong.type}.", "layer(input)")


def _items(call: LayerCall) -> tuple[TensorSpec, ...]:
    if call.hx is None:
        return ()
    if call.hx.type in ("tuple", "list"):
        return call.hx.items
    return (call.hx,)


def _pair(call: LayerCall) -> str:
    names = state_names(call.config)
    return f"two tensors, ({', '.join(names)})" if len(names) == 2 else f"one tensor, {names[0]}"
