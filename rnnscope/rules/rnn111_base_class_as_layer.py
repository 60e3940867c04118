"""RNN111: nn.RNNBase, or a name that torch.nn does not have."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.cells import kind_named
from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN111", "base-class-as-layer", Severity.ERROR, Reading)
def base_class_as_layer(reading: Reading) -> Iterator[Problem]:
    """The layers are nn.RNN, nn.LSTM and nn.GRU, in that spelling.

    What it does
    ------------
    Explains failures of nn.RNNBase used as a layer, of its mode, and of getattr(nn, name).

    Why is this bad?
    ----------------
    RNNBase only holds the weights and has no forward. Its modes are LSTM, GRU, RNN_TANH and
    RNN_RELU; torch.nn has LSTM and no lstm.

    Example
    -------
    layer = getattr(nn, "lstm")(10, 20)  # RNN111

    Use instead
    -----------
    layer = getattr(nn, "LSTM")(10, 20)
    """
    names = "RNN, LSTM, GRU, RNNCell, LSTMCell, GRUCell"
    got = reading.values.get("got", "RNNBase").strip(" .")
    if "no attribute" in reading.failure.text:
        meant = kind_named(got.strip("'\""))
        if meant is not None:
            yield Problem(
                f"torch.nn has no {got}: the recurrent layers are {names}.", f"nn.{meant.name}"
            )
        return
    yield Problem(
        f"nn.RNNBase holds the weights of a layer and computes nothing; got mode {got}. "
        f"The layers are {names}.",
        "nn.LSTM(10, 20)  # or nn.GRU, or nn.RNN with nonlinearity='relu'",
    )
