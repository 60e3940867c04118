"""RNN109: options that the constructor does not have, or has and was not given."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.cells import KINDS
from rnnscope.config import RNNConfig
from rnnscope.errors import ConfigError
from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN109", "unknown-option", Severity.ERROR, Reading)
def unknown_option(reading: Reading) -> Iterator[Problem]:
    """The constructor does not have this option, or was not given one that it needs.

    What it does
    ------------
    Explains Python's complaints about the arguments of a layer's constructor.

    Why is this bad?
    ----------------
    Keras and other libraries call the same things by other names: units, hidden_dim,
    return_sequences, activation. Cells have no batch_first, num_layers, dropout or bidirectional,
    since they compute one step of one layer.

    Example
    -------
    lstm = nn.LSTM(10, hidden_dim=20)  # RNN109

    Use instead
    -----------
    lstm = nn.LSTM(10, hidden_size=20)
    """
    kind = reading.values.get("kind", "RNNBase").split()[-1]
    if kind != "RNNBase" and kind not in KINDS:
        return
    got = reading.values["got"]
    layer = "LSTM" if kind == "RNNBase" else kind
    if "unexpected keyword" in reading.failure.text:
        name = got.strip("'\". ").partition("'")[0]
        yield Problem(f"{layer} has no option {name!r}{_cell(kind, name)}.", _meant(layer, name))
    elif "missing" in reading.failure.text:
        yield Problem(
            f"the constructor needs two sizes, input_size and hidden_size; missing: {got}.",
            "nn.LSTM(input_size, hidden_size)",
        )
    else:
        yield Problem(
            f"too many positional arguments: {got}, with self and the kind of the layer among "
            "them. The order is " + ", ".join(KINDS["LSTM"].options) + ".",
            "pass everything after hidden_size by name",
        )


def _cell(kind: str, name: str) -> str:
    if kind in KINDS and KINDS[kind].single_step and name in KINDS["LSTM"].options:
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
