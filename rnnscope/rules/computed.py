"""What a message of torch means where that takes more than words: the ``python`` of a page."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rnnscope.cells import KINDS, kind_named
from rnnscope.config import RNNConfig
from rnnscope.errors import ConfigError
from rnnscope.findings import Location
from rnnscope.rules.definition import Problem
from rnnscope.subjects import RecognisedMessage


def said(reading: RecognisedMessage, location: Location | None = None) -> Iterator[Problem]:
    """What the page says, and no more."""
    yield Problem(reading.message, reading.fix, location, values=dict(reading.values))


def unknown_option(reading: RecognisedMessage) -> Iterator[Problem]:
    """RNN109: what an option is called here."""
    if reading.message:
        yield from said(reading)
        return
    kind = reading.values["kind"].replace("RNNBase", "LSTM")
    name = reading.values["got"].strip("'\". ").partition("'")[0]
    yield Problem(f"{kind} has no option {name!r}{_cell(kind, name)}.", _meant(kind, name))


def _cell(kind: str, name: str) -> str:
    if KINDS[kind].single_step and name in KINDS["LSTM"].options:
        return f": a cell computes one step of one layer, use nn.{KINDS[kind].cell.name} for more"
    return ""


def _meant(kind: str, name: str) -> str:
    """What the option is called here, as RNNConfig knows it."""
    try:
        RNNConfig.of_arguments(kind, 1, 1, **{name: 1})
    except ConfigError as error:
        if error.intent:
            return error.intent
    return f"the options are {', '.join(KINDS[kind].options)}"


def base_class_as_layer(reading: RecognisedMessage) -> Iterator[Problem]:
    """RNN111: a layer in another spelling; other names of torch.nn are nobody's mistake here."""
    if "name" not in reading.values:
        yield from said(reading)
    elif meant := kind_named(reading.values["name"].strip("'\" .")):
        yield Problem(reading.message, f"nn.{meant.name}")


def checkpoint_of_another_layer(reading: RecognisedMessage) -> Iterator[Problem]:
    """RNN131: the options that the names and shapes of the weights tell."""
    text = reading.failure.text
    missing, _, unexpected = text.partition("Unexpected key")
    keys = missing.partition("Missing key")[2], unexpected
    causes = [cause for mark, cause in _KEYS.items() if any(mark in part for part in keys)]
    causes += [_mismatch(*found) for found in _SIZES.findall(text)][:1]
    reason = "; ".join(causes) or (
        "compare its names and shapes with those of the model: _reverse is bidirectional, _l1 the "
        "second layer, weight_hr proj_size, rows and columns the sizes"
    )
    yield Problem(
        f"the checkpoint is that of a layer with other options: {reason}.",
        reading.fix,
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
    what = _gates(rows, columns) if "weight_hh" in name else None
    if what is None:
        return f"{told}: rows are 4, 3 or 1 times hidden_size for LSTM, GRU or RNN"
    mine = _gates(here, others)
    return f"{told}: the checkpoint is {what}" + (f", the model has {mine}" if mine else "")


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def _gates(rows: int, columns: list[int]) -> str | None:
    """The layer of which a weight_hh has this shape."""
    for kind in ("LSTM", "GRU", "RNN"):
        if columns and rows == KINDS[kind].cell.gate_multiple * columns[0]:
            return f"a {kind} of hidden_size={columns[0]}"
    return None


def result_as_tensor(reading: RecognisedMessage) -> Iterator[Problem]:
    """RNN451: what nn.Sequential hands on was called by no line of the user's, but built by one."""
    call = reading.failure.after
    inside = any(step.startswith("container.py:") for step in reading.failure.through)
    yield from said(reading, call.built_at if call is not None and inside else None)


def features_after_layer(reading: RecognisedMessage) -> Iterator[Problem]:
    """RNN455: how the features that came and those that were wanted may belong together."""
    widths = [re.findall(r"\d+", reading.values.get(name, "")) for name in ("got", "wanted")]
    if not all(widths):
        yield from said(reading)
        return
    got, wanted = int(widths[0][-1]), int(widths[1][0])
    told = f"the layer is built for {wanted} features, and got {got}"
    double = got == 2 * wanted
    fix = "nn.Linear(2 * hidden_size, ...)" if double else f"nn.Linear({got}, ...)"
    if double:
        told += f", which is 2 * {wanted}: the output of a bidirectional layer is D*H_out wide"
    elif wanted and got % wanted == 0:
        told += f", which is {got // wanted} * {wanted}: several steps flattened into one row"
    else:
        told += (
            ": the output of a recurrent layer is D*H_out wide (D = 2 if bidirectional, H_out = "
            "proj_size or hidden_size), and its own input must be input_size wide"
        )
    yield Problem(f"{told}.", fix, values={"wanted": wanted, "got": got})
