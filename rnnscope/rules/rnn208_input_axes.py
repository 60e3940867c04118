"""RNN208: an input with a number of axes that no layout has."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import LayerCall, TensorSpec
from rnnscope.subjects.state_shapes import sizes_text


@rule("RNN208", "input-axes", Severity.ERROR, LayerCall)
def input_axes(call: LayerCall) -> Iterator[Problem]:
    """The input has a number of axes that no layout has.

    What it does
    ------------
    Counts the axes of the input: two or three for a layer, one or two for a cell, two for the data
    of a PackedSequence.

    Why is this bad?
    ----------------
    An axis too many comes from an extra unsqueeze, a one-hot vector through an Embedding, or a map
    of a convolution that was not flattened to (batch, time, features). One too few comes from a
    single step given to a layer, and a whole sequence does not fit into a cell.

    Example
    -------
    lstm = nn.LSTM(64, 20, batch_first=True)
    maps = torch.randn(3, 5, 4, 16)  # batch, time, channels, height
    output, _ = lstm(maps)  # RNN208

    Use instead
    -----------
    lstm = nn.LSTM(64, 20, batch_first=True)
    maps = torch.randn(3, 5, 4, 16)  # batch, time, channels, height
    output, _ = lstm(maps.flatten(2))
    """
    given = call.input
    if given is None or given.ndim is None or not (given.is_tensor or _packed(given)):
        return
    wanted = _layouts(call)
    if given.ndim not in wanted:
        yield Problem(
            f"input must be {' or '.join(wanted.values())}, got {_shape(given)}: "
            f"{_cause(call, given.ndim)}.",
            _fix(call, given),
        )


def _packed(given: TensorSpec) -> bool:
    return given.type == "PackedSequence"


def _shape(given: TensorSpec) -> str:
    axes = f"{given.ndim} ax{'i' if given.ndim == 1 else 'e'}s"
    return axes if given.shape is None else f"{sizes_text(given.shape)}, {axes}"


def _layouts(call: LayerCall) -> dict[int, str]:
    """The layouts that the layer reads, by their number of axes."""
    if call.input is not None and _packed(call.input):
        return {2: "(sum(lengths), H_in)"}
    if call.config.single_step:
        return {2: "(N, H_in)", 1: "(H_in)"}
    if call.config.batch_first is None:
        return {3: "(L, N, H_in) or (N, L, H_in)", 2: "(L, H_in)"}
    return {3: "(N, L, H_in)" if call.config.batch_first else "(L, N, H_in)", 2: "(L, H_in)"}


def _cause(call: LayerCall, ndim: int) -> str:
    if call.input is not None and _packed(call.input):
        return "the padded tensor must have had (L, N, H_in) before it was packed"
    if call.config.single_step:
        return "a cell computes one step, not a whole sequence" if ndim == 3 else "no layout fits"
    if ndim < 2:
        return "a layer reads whole sequences, one step is too little"
    return "features that take several axes must be flattened into one"


def _fix(call: LayerCall, given: TensorSpec) -> str:
    if given.type == "PackedSequence":
        return "input = input.unsqueeze(-1)  # before pack_padded_sequence"
    if call.config.single_step:
        return "for input_t in input: h = cell(input_t, h)  # or a whole layer instead of the cell"
    if given.ndim is not None and given.ndim < 2:
        return "input = input.unsqueeze(0)  # one step of one sequence: (L, H_in) = (1, ...)"
    if given.shape is not None and given.shape[-1] == 1 == given.shape.count(1):
        return "input = input.squeeze(-1)"
    return "input = input.flatten(2)  # (batch, time, everything else as features)"
