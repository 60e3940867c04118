"""RNN151: old names and arguments of code around recurrent layers."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN151", "deprecated-call", Severity.HINT, Reading)
def deprecated_call(reading: Reading) -> Iterator[Problem]:
    """An old name or argument that torch still takes, for now.

    What it does
    ------------
    Explains deprecation warnings that old recurrent code gives.

    Why is this bad?
    ----------------
    The code still works. Old tutorials use Variable, clip_grad_norm, size_average and uint8
    masks; later versions of torch drop them.

    Example
    -------
    lstm = nn.LSTM(10, 20)
    nn.utils.clip_grad_norm(lstm.parameters(), 1.0)  # RNN151

    Use instead
    -----------
    lstm = nn.LSTM(10, 20)
    nn.utils.clip_grad_norm_(lstm.parameters(), 1.0)
    """
    yield Problem(
        "an old name or argument, not a mistake in the shapes: the code still works.",
        _NOW.get(reading.values.get("old", ""), "use the name that the warning gives"),
    )


_NOW = {
    "apply_permutation": "tensor.index_select(1, permutation)",
    "clip_grad_norm": "nn.utils.clip_grad_norm_(parameters, max_norm)",
    "weight_norm": "nn.utils.parametrizations.weight_norm(lstm, 'weight_hh_l0')",
}
