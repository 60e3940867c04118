"""What calls of recurrent layers and cells say: shapes, dtypes, devices of input and states."""

from __future__ import annotations

import re
from collections.abc import Callable

from rnnscope.messages.template import Message, Values
from rnnscope.subjects import UNKNOWN, LayerCall, PartialConfig, TensorSpec

_LSTM = PartialConfig("LSTM", ("h", "c"))
_OTHER = PartialConfig()
_LSTM_CELL = PartialConfig("LSTMCell", ("h", "c"), single_step=True)
_OTHER_CELL = PartialConfig(single_step=True)
_UNTOLD = TensorSpec()


def sizes(text: str) -> tuple[int, ...]:
    """The numbers of a shape, whatever its brackets.

    >>> sizes("(2, 3, 20)"), sizes("[3, 2, 20]"), sizes("(1L, 48L, 128L)")
    ((2, 3, 20), (3, 2, 20), (1, 48, 128))
    """
    return tuple(int(number) for number in re.findall(r"\d+", text))


def _whole(text: str) -> tuple[int, ...]:
    """The shape of a state. Raises ValueError for a text that has lost it."""
    shape = sizes(text)
    if len(shape) not in (2, 3):
        raise ValueError(text)
    return shape


def _first(text: str) -> int:
    return sizes(text)[0] if sizes(text) else UNKNOWN


def _shape(text: str) -> str:
    """The shape at the start of a text, or its first number."""
    found = re.match(r"\s*[\[(][\dL, ]+[\])]|\s*\d+", text)
    return found.group() if found else text


def _cells_named(name: str) -> PartialConfig:
    return _LSTM_CELL if "LSTM" in name else _OTHER_CELL


def _config_named(name: str) -> PartialConfig:
    kind = name.split()[-1] if name.split() else "RNN"
    if kind.endswith("Cell"):
        return _cells_named(kind)
    return _LSTM if kind == "LSTM" else PartialConfig(kind)


def _wrong_state(values: Values) -> LayerCall:
    """``Expected hidden[1] size (…), got […]``: the LSTM's h_0 or c_0."""
    given, wanted = TensorSpec(shape=sizes(_shape(values["got"]))), _whole(values["expected"])
    if sizes(values["index"])[:1] == (1,):
        return LayerCall(
            _LSTM, hx=TensorSpec("tuple", items=(_UNTOLD, given)), expected={"c_0": wanted}
        )
    return LayerCall(
        _LSTM, hx=TensorSpec("tuple", items=(given, _UNTOLD)), expected={"h_0": wanted}
    )


def _wrong_only_state(values: Values) -> LayerCall:
    given = TensorSpec(shape=sizes(_shape(values["got"])))
    return LayerCall(_OTHER, hx=given, expected={"h_0": _whole(values["expected"])})


def _wrong_features(values: Values) -> LayerCall:
    wanted = PartialConfig(input_size=_first(values["expected"]))
    return LayerCall(wanted, TensorSpec(shape=(UNKNOWN, UNKNOWN, _first(values["got"]))))


def _wrong_cell_features(values: Values) -> LayerCall:
    wanted = PartialConfig(single_step=True, input_size=_first(values["expected"]))
    return LayerCall(wanted, TensorSpec(shape=(UNKNOWN, _first(values["got"]))))


def _wrong_input_axes(values: Values) -> LayerCall:
    return LayerCall(_config_named(values["kind"]), TensorSpec(dimensions=_first(values["got"])))


def _old_input_axes(values: Values) -> LayerCall:
    """``input must have 3 dimensions, got 2``: up to 1.10, when 2-D input did not exist."""
    return LayerCall(_OTHER, TensorSpec(dimensions=max(_first(values["got"]), 1)))


def _packed_axes(values: Values) -> LayerCall:
    return LayerCall(_OTHER, TensorSpec("PackedSequence", dimensions=_first(values["got"])))


def _wrong_state_axes(batched: bool, lstm: bool) -> Callable[[Values], LayerCall]:
    def make(values: Values) -> LayerCall:
        counts = sizes(values["got"])
        if lstm:
            states = tuple(TensorSpec(dimensions=n) for n in counts[:2]) + (_UNTOLD,) * (
                len(counts) < 2
            )
            hx = TensorSpec("tuple", items=states)
        else:
            hx = TensorSpec(dimensions=counts[0])
        return LayerCall(_LSTM if lstm else _OTHER, TensorSpec(dimensions=3 if batched else 2), hx)

    return make


def _wrong_cell_state_axes(values: Values) -> LayerCall:
    state = TensorSpec(dimensions=_first(values["got"]))
    config = _cells_named(values["kind"])
    hx = TensorSpec("tuple", items=(state, state)) if len(config.states) == 2 else state
    return LayerCall(config, TensorSpec(dimensions=2), hx)


def _wrong_cell_batch(values: Values) -> LayerCall:
    """``hidden0`` is h and ``hidden1`` is c; a GRU has hidden0 only, so nothing tells the kind."""
    wanted = (_first(values["expected"]), UNKNOWN)
    state = TensorSpec(shape=(_first(values["got"]), UNKNOWN))
    return _cell_state(values["index"], state, wanted)


def _wrong_cell_width(values: Values) -> LayerCall:
    wanted = (UNKNOWN, _first(values["expected"]))
    state = TensorSpec(shape=(UNKNOWN, _first(values["got"])))
    return _cell_state(values["index"], state, wanted)


def _cell_state(index: str, state: TensorSpec, wanted: tuple[int, ...]) -> LayerCall:
    if _first(index) == 1:
        return LayerCall(
            _LSTM_CELL, hx=TensorSpec("tuple", items=(_UNTOLD, state)), expected={"c_0": wanted}
        )
    return LayerCall(_OTHER_CELL, hx=state, expected={"h_0": wanted})


def _word(text: str) -> str:
    """``torch.float64`` and ``Double`` by the name that rnnscope uses."""
    name = text.strip().split()[0].rstrip(".,;").removeprefix("torch.")
    return _C_NAMES.get(name.lower(), name.lower())


_C_NAMES = {"double": "float64", "float": "float32", "half": "float16", "long": "int64"}


def _wrong_dtype(values: Values) -> LayerCall:
    wanted = PartialConfig(dtype=_word(values["expected"]))
    return LayerCall(wanted, TensorSpec(dtype=_word(values["got"])))


def _device(text: str) -> str:
    return text.strip().split()[0].rstrip(".,;")


def _wrong_state_device(values: Values) -> LayerCall:
    hx = TensorSpec(dimensions=3, device=_device(values["state"]))
    return LayerCall(_OTHER, TensorSpec(device=_device(values["input"])), hx)


def _wrong_device(values: Values) -> LayerCall:
    config = PartialConfig(device=_device(values["parameter"]))
    return LayerCall(config, TensorSpec(device=_device(values["input"])))


def _given(
    config: PartialConfig, input: TensorSpec | None = None, hx: TensorSpec | None = None
) -> Callable[[Values], LayerCall]:
    """A call of which the message tells the types alone."""
    return lambda values: LayerCall(config, input, hx)


def _too_many(values: Values) -> LayerCall:
    extra = (_UNTOLD,) * max(_first(values["got"]) - 3, 1)
    return LayerCall(_config_named(values["kind"]), hx=_UNTOLD, extra=extra)


def _unknown_keyword(values: Values) -> LayerCall:
    keyword = values["got"].strip().strip("'\".")
    return LayerCall(_config_named(values["kind"]), keywords=(keyword,))


_TUPLE_OF_NONE = TensorSpec("tuple", items=(TensorSpec("NoneType"), TensorSpec("NoneType")))
_KIND = "{kind:LSTM|GRU|RNN|LSTMCell|GRUCell|RNNCell}"

MESSAGES: tuple[Message, ...] = (
    Message("Expected hidden[{index}] size {expected}, got {got}", _wrong_state),
    Message("Expected hidden size {expected}, got {got}", _wrong_only_state),
    Message(
        "For batched 3-D input, hx[{}] ({}) should be 3-D but got {got}",
        _wrong_state_axes(batched=True, lstm=True),
    ),
    Message(
        "input.size(-1) must be equal to input_size. Expected {expected}, got {got}",
        _wrong_features,
    ),
    Message(
        "input has inconsistent input_size: got {got}, expected {expected}", _wrong_cell_features
    ),
    Message(
        "input has inconsistent input_size: got {got} expected {expected}", _wrong_cell_features
    ),
    Message("input must have 2 dimensions, got {got}", _packed_axes),
    Message("input must have 3 dimensions, got {got}", _old_input_axes),
    Message("{kind}: Expected input to be 2D or 3D, got {got}", _wrong_input_axes),
    Message("{kind}: Expected input to be 1D or 2D, got {got}", _wrong_input_axes),
    Message("{kind}: Expected hx[{}] to be 1D or 2D, got {got}", _wrong_cell_state_axes),
    Message("{kind}: Expected hidden to be 1D or 2D, got {got}", _wrong_cell_state_axes),
    Message(
        "For batched 3-D input, hx and cx should also be 3-D but got {got}",
        _wrong_state_axes(batched=True, lstm=True),
    ),
    Message(
        "For unbatched 2-D input, hx and cx should also be 2-D but got {got}",
        _wrong_state_axes(batched=False, lstm=True),
    ),
    Message(
        "For batched 3-D input, hx should also be 3-D but got {got}",
        _wrong_state_axes(batched=True, lstm=False),
    ),
    Message(
        "For unbatched 2-D input, hx should also be 2-D but got {got}",
        _wrong_state_axes(batched=False, lstm=False),
    ),
    Message(
        "Input batch size {expected} doesn't match hidden{index} batch size {got}",
        _wrong_cell_batch,
    ),
    Message(
        "hidden{index} has inconsistent hidden_size: got {got}, expected {expected}",
        _wrong_cell_width,
    ),
    Message(
        "hidden{index} has inconsistent hidden_size: got {got} expected {expected}",
        _wrong_cell_width,
    ),
    Message("RNN input dtype ({got}) does not match weight dtype ({expected})", _wrong_dtype),
    Message("input must have the type {expected}, got type {got}", _wrong_dtype),
    Message(
        "Input and parameter tensors are not the same dtype, found input tensor with {got} "
        "and parameter tensor with {expected}",
        _wrong_dtype,
    ),
    Message(
        "Input and hidden tensors are not at the same device, found input tensor at {input} "
        "and hidden tensor at {state}",
        _wrong_state_device,
    ),
    Message(
        "Input and parameter tensors are not at the same device, found input tensor at "
        "{input} and parameter tensor at {parameter}",
        _wrong_device,
    ),
    Message("lstm expects two hidden states", _given(_LSTM, hx=TensorSpec("tuple"))),
    Message("lstm_cell expects two hidden states", _given(_LSTM_CELL, hx=TensorSpec("tuple"))),
    Message(
        "lstm_cell(): argument 'hx' (position 2) must be tuple of Tensors, not Tensor",
        _given(_LSTM_CELL, hx=_UNTOLD),
    ),
    Message(
        "index 1 is out of bounds for dimension 0 with size 1",
        _given(_LSTM, hx=_UNTOLD),
        general=True,
    ),
    Message(
        "'PackedSequence' object has no attribute 'dim'",
        _given(_OTHER_CELL, TensorSpec("PackedSequence")),
    ),
    Message(
        "'list' object has no attribute 'dim'", _given(_OTHER, TensorSpec("list")), general=True
    ),
    Message(
        "'int' object has no attribute 'dim'",
        _given(_LSTM, hx=TensorSpec("list", items=(TensorSpec("int"), TensorSpec("int")))),
        general=True,
    ),
    Message(
        "'NoneType' object has no attribute 'dim'", _given(_LSTM, hx=_TUPLE_OF_NONE), general=True
    ),
    Message(
        "Expected sequence length to be larger than 0 in RNN",
        _given(_OTHER, TensorSpec(shape=(0, UNKNOWN, UNKNOWN))),
    ),
    Message(
        _KIND + ".forward() takes from 2 to 3 positional arguments but {got} were given", _too_many
    ),
    Message(_KIND + ".forward() got an unexpected keyword argument {got}", _unknown_keyword),
)
