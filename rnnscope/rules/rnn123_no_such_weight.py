"""RNN123: lstm.weight and lstm.bias.data do not exist."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN123", "no-such-weight", Severity.ERROR, Reading)
def no_such_weight(reading: Reading) -> Iterator[Problem]:
    """A recurrent layer has no `weight`: it has weight_ih_l0, weight_hh_l0 and so on.

    What it does
    ------------
    Explains the missing attribute weight, and bias being a flag.

    Why is this bad?
    ----------------
    Each layer and direction has its own parameters, weight_ih_l{k}, weight_hh_l{k}, bias_ih_l{k},
    bias_hh_l{k} and the same with _reverse. `lstm.bias` is the flag given to the constructor.

    Example
    -------
    lstm = nn.LSTM(10, 20)
    nn.init.orthogonal_(lstm.weight)  # RNN123

    Use instead
    -----------
    lstm = nn.LSTM(10, 20)
    for name, parameter in lstm.named_parameters():
        if "weight" in name:
            nn.init.orthogonal_(parameter)
    """
    yield Problem(
        "a recurrent layer has no `weight` and its `bias` is a flag: the parameters are "
        "weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, and so on for each layer and "
        "direction.",
        "for name, parameter in lstm.named_parameters(): ...  # or weight_norm(lstm, "
        "'weight_hh_l0')",
    )
