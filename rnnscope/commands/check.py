"""``rnnscope check``: what a call would do and what is wrong with it, told from its sizes alone."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from rnnscope import api
from rnnscope.commands import layer as words_of
from rnnscope.commands import output as to
from rnnscope.commands.help import CALL
from rnnscope.config import RNNConfig
from rnnscope.config_validation import DTYPES
from rnnscope.errors import CallError, ConfigError
from rnnscope.subjects import TensorSpec
from rnnscope.subjects.planned_call import planned_states, written

_call = partial(typer.Option, rich_help_panel=CALL)
DATA_DTYPES = (*DTYPES, "int8", "int16", "int32", "int64", "uint8", "bool")
Shape = Annotated[
    str | None,
    _call("--input", help="the shape of input, as in 3,5,10", metavar=words_of.SIZES),
]
HiddenShape = Annotated[
    str | None,
    _call(
        "--h0",
        "--h-0",
        help="the shape of h_0; left out, torch takes zeros",
        metavar=words_of.SIZES,
    ),
]
CellShape = Annotated[
    str | None,
    _call("--c0", "--c-0", help="the shape of c_0, for an LSTM", metavar=words_of.SIZES),
]
Single = Annotated[
    str | None,
    _call("--hx", help="one tensor as hx, even where an LSTM needs two", metavar=words_of.SIZES),
]
InputDtype = Annotated[
    str | None, _call(help="dtype of input, when it is another one", metavar="NAME")
]
StateDtype = Annotated[str | None, _call(help="dtype of the states", metavar="NAME")]
InputDevice = Annotated[str | None, _call(help="device of input", metavar="NAME")]
StateDevice = Annotated[str | None, _call(help="device of the states", metavar="NAME")]


def check(
    context: typer.Context,
    layer: words_of.Words,
    input: Shape = None,
    h0: HiddenShape = None,
    c0: CellShape = None,
    hx: Single = None,
    layers: words_of.Layers = None,
    nonlinearity: words_of.Nonlinearity = None,
    no_bias: words_of.NoBias = False,
    batch_first: words_of.BatchFirst = False,
    dropout: words_of.Dropout = None,
    bidirectional: words_of.Bidirectional = False,
    proj_size: words_of.ProjSize = None,
    dtype: words_of.Dtype = None,
    device: words_of.Device = None,
    lengths: words_of.Lengths = None,
    input_dtype: InputDtype = None,
    state_dtype: StateDtype = None,
    input_device: InputDevice = None,
    state_device: StateDevice = None,
    format: to.Format = None,
    output: to.Output = None,
) -> None:
    """Check the sizes of a call before torch runs it.

    Sizes are enough for that: torch is not even imported.
    """
    config, rest = words_of.read_layer(context, layer)
    words_of.refuse_left_over(context, rest)
    to.chosen(format, output)
    for option, wanted_dtype in (("input_dtype", input_dtype), ("state_dtype", state_dtype)):
        _check_dtype(option, wanted_dtype)
    wanted = words_of.read_numbers("lengths", lengths) if lengths is not None else None
    if input is None and wanted:
        input = _padded(config, wanted)
    given = _sketch("input", input, input_dtype, input_device)
    states = _states(config, h0, c0, hx, state_dtype, state_device)
    built = written(layer[0]) if "(" in layer[0] else None
    report = api.check_plan(config, given, states, wanted, built)
    to.write(report, format, output)
    raise typer.Exit(1 if report.counted else 0)


def _padded(config: RNNConfig, lengths: tuple[int, ...]) -> str:
    """The shape of the padded input that the lengths tell: as long as the longest."""
    steps, batch = max(lengths), len(lengths)
    first, second = (batch, steps) if config.batch_first else (steps, batch)
    return f"{first},{second},{config.input_size}"


def _check_dtype(option: str, name: str | None) -> None:
    """Data may have any dtype of torch's, parameters only some. Raises ConfigError."""
    if name is not None and name not in DATA_DTYPES:
        raise ConfigError(option, name, f"choose {', '.join(DATA_DTYPES)}")


def _sketch(
    option: str, text: str | None, dtype: str | None, device: str | None
) -> TensorSpec | None:
    if text is None:
        return TensorSpec(dtype=dtype, device=device) if dtype or device else None
    shape = words_of.read_numbers(option, text)
    if not shape or min(shape) < 0:
        raise CallError(f"--{option} {text!r} is no shape: write --{option} 3,5,10.")
    return TensorSpec("Tensor", shape, dtype, device)


def _states(
    config: RNNConfig,
    h0: str | None,
    c0: str | None,
    hx: str | None,
    dtype: str | None,
    device: str | None,
) -> TensorSpec:
    if hx is not None:
        if h0 is not None or c0 is not None:
            raise CallError("--hx and --h0 or --c0 are two ways to say the same: give one of them.")
        return _sketch("hx", hx, dtype, device) or TensorSpec()
    return planned_states(
        config,
        _sketch("h0", h0, dtype, device) if h0 else None,
        _sketch("c0", c0, dtype, device) if c0 else None,
    )
