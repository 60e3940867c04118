"""What the constructors of recurrent layers say: torch's own checks, Python, the C++ parser."""

from __future__ import annotations

from collections.abc import Callable

from rnnscope.config import RNNConfig
from rnnscope.errors import ConfigError
from rnnscope.messages.template import Message, Values
from rnnscope.subjects import Construction, LayerCall, PartialConfig, Sketch

UNREAD = object()  # stands for a value that the message does not show


def _refused(
    option: str, allowed: str, intent: str | None = None
) -> Callable[[Values], Construction]:
    def make(values: Values) -> Construction:
        kind = values.get("kind") or "LSTM"
        fill = dict(values)
        got = f" (got: {values['got']})" if values.get("got") else ""
        error = ConfigError(
            option.format(**fill), UNREAD, allowed + got, intent and intent.format(**fill)
        )
        return Construction(kind, refusal=error)

    return make


def _dropout_on_one_layer(values: Values) -> Construction:
    dropout = float(values["dropout"])
    layers = int(values["num_layers"])
    config = RNNConfig("LSTM", 1, 1, num_layers=layers, dropout=dropout)
    return Construction("LSTM", config=config)


# The arguments that the C++ function takes after the input, the states and the weights.
_PARSED = ("bias", "num_layers", "dropout", "train", "bidirectional", "batch_first")
_WANTED = {"bias": "bool", "num_layers": "int", "bidirectional": "bool", "batch_first": "bool"}


def _parser(name: str) -> Callable[[Values], Construction | LayerCall]:
    """Which argument has a type that the parser does not take: an option, or the states."""
    kind = name.split("_")[0].upper()

    def make(values: Values) -> Construction | LayerCall:
        types = [part.strip() for part in values["types"].partition(")")[0].split(",")]
        flags = types[types.index("list") + 1 :] if "list" in types else []
        for option, found in zip(_PARSED, flags, strict=False):
            if _WANTED.get(option, found) != found:
                value = {"bool": True, "int": 1}.get(found, found)
                return Construction(kind, kwargs={option: value}, config=_ANY)
        if kind == "LSTM":
            return LayerCall(PartialConfig(kind, ("h", "c")), hx=Sketch())
        return LayerCall(PartialConfig(kind), hx=Sketch("tuple", items=(Sketch(), Sketch())))

    return make


_ANY = RNNConfig("LSTM", 1, 1)

_BOOL = "True or False, nothing that only counts as true"
_SIZE = "a Python int greater than 0, no float and no numpy integer"
_DROPOUT = "a number from 0 to 1, the probability of zeroing an element"
_PARSER = "() received an invalid combination of arguments - got ({types}"

MESSAGES: tuple[Message, ...] = (
    Message(
        "dropout option adds dropout after all but last recurrent layer, so non-zero dropout "
        "expects num_layers greater than 1, but got dropout={dropout} and num_layers={num_layers}",
        _dropout_on_one_layer,
    ),
    Message(
        "dropout should be a number in range [0, 1]",
        _refused(
            "dropout",
            _DROPOUT,
            "dropout=0.2 for 20 percent; a True by position was meant for another option",
        ),
    ),
    Message(
        "float() argument must be a string or a real number, not {got}",
        _refused("dropout", _DROPOUT, "dropout=0.0 for no dropout, not None and no nn.Dropout"),
        general=True,
    ),
    Message(
        "could not convert string to float: {got}",
        _refused("dropout", _DROPOUT, "dropout=float(config['dropout'])"),
        general=True,
    ),
    Message(
        "bias should be of type bool, got: {got}",
        _refused(
            "bias",
            _BOOL,
            "bias is the fourth positional argument of LSTM and GRU: pass dropout=... by name",
        ),
    ),
    Message(
        "batch_first should be of type bool, got: {got}",
        _refused(
            "batch_first",
            _BOOL,
            "batch_first=True; it is the fifth positional argument, dropout the sixth",
        ),
    ),
    Message(
        "input_size should be of type int, got: {got}",
        _refused("input_size", _SIZE, "input_size=int(...), or // where / divides"),
    ),
    Message(
        "input_size must be greater than zero",
        _refused("input_size", _SIZE, "print the size: it is often computed from empty data"),
    ),
    Message(
        "hidden_size should be of type int, got: {got}",
        _refused("hidden_size", _SIZE, "hidden_size=int(...), or // where / divides"),
    ),
    Message(
        "hidden_size must be greater than zero",
        _refused("hidden_size", _SIZE, "print the size: it is often computed from empty data"),
    ),
    Message(
        "empty(): argument 'size'{}found element of type float",
        _refused("hidden_size", _SIZE, "hidden_size // 2 instead of hidden_size / 2"),
        general=True,
    ),
    Message(
        "empty(): argument 'size'{}type must be tuple of ints,but got float",
        _refused("input_size", _SIZE, "input_size // 2 instead of input_size / 2"),
        general=True,
    ),
    Message(
        "new() received an invalid combination of arguments - got (float{}",
        _refused("hidden_size", _SIZE, "hidden_size // 2 instead of hidden_size / 2"),
        general=True,
    ),
    Message(
        "num_layers must be greater than zero",
        _refused(
            "num_layers",
            "a whole number greater than 0",
            "num_layers counts all layers, the first one included",
        ),
    ),
    Message(
        "'<=' not supported between instances of {got} and 'int'",
        _refused(
            "num_layers",
            "a whole number greater than 0",
            "num_layers=1; it is the third positional argument, nonlinearity goes by name",
        ),
        general=True,
    ),
    Message(
        "'float' object cannot be interpreted as an integer",
        _refused("num_layers", "a whole number, no float", "num_layers=int(...)"),
        general=True,
    ),
    Message(
        "proj_size should be a positive integer or zero to disable projections",
        _refused("proj_size", "0 for no projection, or a whole number", "proj_size=0"),
    ),
    Message(
        "proj_size has to be smaller than hidden_size",
        _refused(
            "proj_size",
            "a whole number below hidden_size",
            "a smaller proj_size, or proj_size=0 for no projection",
        ),
    ),
    Message(
        "'<' not supported between instances of {got} and 'int'",
        _refused(
            "proj_size",
            "a whole number; it is the eighth positional argument, before device and dtype",
            "pass device=... by name",
        ),
        general=True,
    ),
    Message(
        "proj_size argument is only supported for LSTM",
        _refused(
            "proj_size",
            "only the LSTM has a projection, and GRU and RNN refuse even proj_size=0",
            "leave it out, and put an nn.Linear after the layer",
        ),
    ),
    Message(
        "Unknown nonlinearity{got}Select from 'tanh' or 'relu'",
        _refused(
            "nonlinearity",
            "'tanh' or 'relu', as a string",
            "the fourth positional argument of nn.RNN is nonlinearity: pass bias=... and "
            "batch_first=... by name",
        ),
    ),
    Message(
        "Unknown nonlinearity: {got}",
        _refused(
            "nonlinearity",
            "'tanh' or 'relu'; nn.RNNCell looks at it only when it is called",
            "nn.RNNCell(10, 20, nonlinearity='relu')",
        ),
    ),
    Message("RNNBase.__init__() got an unexpected keyword argument {got}", "unknown-option"),
    Message(
        "{kind}.__init__() got an unexpected keyword argument {got}",
        "unknown-option",
        general=True,
    ),
    Message(
        "RNNBase.__init__() missing {count} required positional argument{}: {got}",
        "unknown-option",
    ),
    Message("RNNBase.__init__() takes from {} positional arguments but {got}", "unknown-option"),
    Message("Unrecognized RNN mode: {got}", "base-class-as-layer"),
    Message('Module [RNNBase] is missing the required "forward" function', "base-class-as-layer"),
    Message("mode must be RNN_TANH or RNN_RELU, got {got}", "base-class-as-layer"),
    Message("module 'torch.nn' has no attribute {got}", "base-class-as-layer", general=True),
    Message(
        "Boolean value of Tensor with more than one value is ambiguous",
        "constructor-for-a-call",
        general=True,
    ),
    *(Message(name + _PARSER, _parser(name)) for name in ("lstm", "gru", "rnn_tanh", "rnn_relu")),
)
