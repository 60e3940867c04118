"""RNN131: a checkpoint of a layer with other options."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rnnscope.cells import KINDS
from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN131", "checkpoint-of-another-layer", Severity.ERROR, Reading)
def checkpoint_of_another_layer(reading: Reading) -> Iterator[Problem]:
    """The checkpoint is that of a layer with other options.

    What it does
    ------------
    Reads the missing and unexpected keys and the size mismatches of load_state_dict, and names the
    option behind them.

    Why is this bad?
    ----------------
    The names tell the structure: _reverse is bidirectional, _l1 the second layer, weight_hr
    proj_size. The shapes tell the sizes: weight_ih_l0 has input_size columns, and 4, 3 or 1 times
    hidden_size rows for LSTM, GRU and RNN. strict=False drops surplus layers and directions without
    a word.

    Example
    -------
    checkpoint = nn.LSTM(10, 20).state_dict()
    lstm = nn.LSTM(10, 20, bidirectional=True)
    lstm.load_state_dict(checkpoint)  # RNN131

    Use instead
    -----------
    checkpoint = nn.LSTM(10, 20).state_dict()
    lstm = nn.LSTM(10, 20)
    lstm.load_state_dict(checkpoint)
    """
    text = reading.failure.text
    missing, _, unexpected = text.partition("Unexpected key")
    causes = [
        cause
        for mark, cause in _KEYS.items()
        if mark in _keys(missing, "Missing key") or mark in unexpected
    ]
    causes += [_mismatch(*found) for found in _SIZES.findall(text)][:1]
    reason = "; ".join(causes) or (
        "compare its names and shapes with those of the model: _reverse is bidirectional, _l1 the "
        "second layer, weight_hr proj_size, rows and columns the sizes"
    )
    yield Problem(
        f"the checkpoint is that of a layer with other options: {reason}.",
        "build the model with the options of the checkpoint, then load it",
        values=_sizes(text),
    )


def _sizes(text: str) -> dict[str, int | str]:
    """The hidden sizes of model and checkpoint, and the kind of layer of which it is."""
    for name, saved, built in _SIZES.findall(text):
        if "weight_hh" in name:
            (rows, columns), (_, others) = _numbers(saved), _numbers(built)
            kinds = [k for k in ("LSTM", "GRU") if rows == columns * KINDS[k].cell.gate_multiple]
            return {"wanted": others, "got": columns, "kind": kinds[0] if kinds else "RNN"}
    return {}


def _keys(text: str, heading: str) -> str:
    return text.partition(heading)[2]


_KEYS = {
    "_reverse": "keys with _reverse belong to bidirectional=True",
    "_l1": "keys with _l1 and above belong to num_layers=2 and more",
    "weight_hr": "weight_hr belongs to proj_size",
    '"module.': "the prefix module. comes from nn.DataParallel",
    "bias_": "bias keys belong to bias=True",
    '"weight_ih"': "weight_ih without _l0 belongs to a cell",
}
_SIZES = re.compile(
    r"size mismatch for (\S*(?:weight|bias)_[ih][hr]\w*): copying a param with shape "
    r"(?:torch\.Size\()?\[([\d, ]+)\]\)? from checkpoint,\s+"
    r"the shape in current model is (?:torch\.Size\()?\[([\d, ]+)\]"
)


def _mismatch(name: str, saved: str, built: str) -> str:
    """Rows are gates times hidden_size, columns what the weight reads."""
    (rows, *columns), (here, *others) = _numbers(saved), _numbers(built)
    told = f"{name} is ({saved}) in the checkpoint and ({built}) in the model"
    if rows == here and columns != others:
        return f"{told}: input_size or the width below is {columns[0]}, not {others[0]}"
    for kind in ("LSTM", "GRU", "RNN"):
        gates, mine = KINDS[kind].cell.gate_multiple, _gates(built, name)
        if "weight_hh" in name and columns and rows == gates * columns[0]:
            what = f"a {kind} of hidden_size={columns[0]}"
            return f"{told}: the checkpoint is {what}" + (f", the model has {mine}" if mine else "")
    return f"{told}: rows are 4, 3 or 1 times hidden_size for LSTM, GRU or RNN"


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def _gates(built: str, name: str) -> str:
    rows, *columns = _numbers(built)
    for kind in ("LSTM", "GRU", "RNN"):
        if columns and rows == KINDS[kind].cell.gate_multiple * columns[0]:
            return f"a {kind} of hidden_size={columns[0]}"
    return ""
