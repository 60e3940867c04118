"""RNN455: a layer above that was built for another number of features."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN455", "features-after-layer", Severity.ERROR, Reading)
def features_after_layer(reading: Reading) -> Iterator[Problem]:
    """The layer above was built for another number of features than the recurrent layer gives.

    What it does
    ------------
    Explains the messages of Linear, LayerNorm, MultiheadAttention and BatchNorm about sizes.

    Why is this bad?
    ----------------
    The output is D*H_out wide: twice hidden_size with bidirectional=True, and proj_size with a
    projection. BatchNorm1d takes the features on axis 1, so (N, L, H) must be turned into (N, H,
    L). A packed LSTM complains about matrices too, when its input is not input_size wide.

    Example
    -------
    lstm = nn.LSTM(10, 20, bidirectional=True)
    linear = nn.Linear(20, 2)
    output, _ = lstm(torch.randn(5, 3, 10))
    scores = linear(output)  # RNN455

    Use instead
    -----------
    lstm = nn.LSTM(10, 20, bidirectional=True)
    linear = nn.Linear(2 * 20, 2)
    output, _ = lstm(torch.randn(5, 3, 10))
    scores = linear(output)
    """
    got, wanted = _widths(reading)
    values = {"wanted": wanted, "got": got}
    yield Problem(f"{_told(got, wanted)}.", _fix(got, wanted), values=values)


def _widths(reading: Reading) -> tuple[int | None, int | None]:
    """What came, and what the layer above was built for."""
    values = {name: re.findall(r"\d+", text) for name, text in reading.values.items()}
    got, wanted = values.get("got") or [], values.get("wanted") or []
    if not got or not wanted:
        return None, None
    return int(got[-1]), int(wanted[0])


def _told(got: int | None, wanted: int | None) -> str:
    if got is None or wanted is None:
        return (
            "a layer above was built for another number of features; BatchNorm1d takes them on "
            "axis 1, (N, H, L), and the output of a recurrent layer is D*H_out wide"
        )
    told = f"the layer is built for {wanted} features, and got {got}"
    if got == 2 * wanted:
        return f"{told}, which is 2 * {wanted}: the output of a bidirectional layer is D*H_out wide"
    if wanted and got % wanted == 0:
        return f"{told}, which is {got // wanted} * {wanted}: several steps flattened into one row"
    return (
        f"{told}: the output of a recurrent layer is D*H_out wide (D = 2 if bidirectional, "
        "H_out = proj_size or hidden_size), and its own input must be input_size wide"
    )


def _fix(got: int | None, wanted: int | None) -> str:
    if got is not None and wanted is not None and got == 2 * wanted:
        return "nn.Linear(2 * hidden_size, ...)"
    return "batch_norm(output.transpose(1, 2))" if got is None else f"nn.Linear({got}, ...)"
