"""What is said of the options of recurrent layers: a warning, and torch's C++ argument parser."""

from __future__ import annotations

from rnnscope.config import RNNConfig
from rnnscope.messages.template import Message, Values
from rnnscope.subjects import Construction, LayerCall, PartialConfig, TensorSpec

_ANY = RNNConfig("LSTM", 1, 1)

# The arguments that the C++ function takes after the input, the states and the weights.
_PARSED = ("bias", "num_layers", "dropout", "train", "bidirectional", "batch_first")
_WANTED = {"bias": "bool", "num_layers": "int", "bidirectional": "bool", "batch_first": "bool"}


def _dropout_on_one_layer(values: Values) -> Construction:
    dropout = float(values["dropout"])
    layers = int(values["num_layers"])
    config = RNNConfig("LSTM", 1, 1, num_layers=layers, dropout=dropout)
    return Construction("LSTM", config=config)


def _parsed(values: Values) -> Construction | LayerCall:
    """Which argument has a type that the parser does not take: an option, or the states."""
    kind = values["function"].partition("_")[0].upper()
    types = [part.strip() for part in values["types"].partition(")")[0].split(",")]
    flags = types[types.index("list") + 1 :] if "list" in types else []
    for option, found in zip(_PARSED, flags, strict=False):
        if _WANTED.get(option, found) != found:
            value = {"bool": True, "int": 1}.get(found, found)
            return Construction(kind, kwargs={option: value}, config=_ANY)
    if kind == "LSTM":
        return LayerCall(PartialConfig(kind, ("h", "c")), hx=TensorSpec())
    return LayerCall(
        PartialConfig(kind), hx=TensorSpec("tuple", items=(TensorSpec(), TensorSpec()))
    )


MESSAGES: tuple[Message, ...] = (
    Message(
        "dropout option adds dropout after all but last recurrent layer, so non-zero dropout "
        "expects num_layers greater than 1, but got dropout={dropout} and num_layers={num_layers}",
        _dropout_on_one_layer,
    ),
    Message(
        "{function:lstm|gru|rnn_tanh|rnn_relu}() received an invalid combination of arguments - "
        "got ({types}",
        _parsed,
    ),
)
