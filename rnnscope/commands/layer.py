"""The words and options that name a layer and a call, shared by every command that takes them."""

from __future__ import annotations

import ast
from functools import partial
from typing import Annotated, Any

import typer

from rnnscope.call import Call
from rnnscope.cells import KINDS
from rnnscope.commands.help import CALL, LAYER
from rnnscope.config import RNNConfig
from rnnscope.errors import MISSING, CallError, ConfigError, SubjectError

_layer = partial(typer.Option, rich_help_panel=LAYER)
_call = partial(typer.Option, rich_help_panel=CALL)
SIZES = "A,B,..."

Words = Annotated[
    list[str],
    typer.Argument(
        help="A kind and its sizes, as in LSTM 10 20; or the layer as Python writes it, "
        'as in "nn.LSTM(10, 20, num_layers=2)".',
        metavar="LAYER",
        show_default=False,
        autocompletion=lambda incomplete: [k for k in KINDS if k.startswith(incomplete)],
    ),
]
Layers = Annotated[int | None, _layer("--layers", "--num-layers", help="num_layers", metavar="N")]
Nonlinearity = Annotated[
    str | None, _layer(help="tanh or relu, for RNN and RNNCell", metavar="NAME")
]
NoBias = Annotated[bool, _layer("--no-bias", help="bias=False")]
BatchFirst = Annotated[bool, _layer("--batch-first", help="batch_first=True")]
Dropout = Annotated[float | None, _layer(help="dropout between layers, 0 to 1", metavar="P")]
Bidirectional = Annotated[bool, _layer("--bidirectional", help="bidirectional=True")]
ProjSize = Annotated[int | None, _layer(help="proj_size, for LSTM", metavar="N")]
Dtype = Annotated[str | None, _layer(help="dtype of the parameters, as in float64", metavar="NAME")]
Device = Annotated[str | None, _layer(help="cpu, cuda, cuda:1, mps or meta", metavar="NAME")]
Batch = Annotated[int | None, _call(help="N, the batch size [default: 3]", metavar="N")]
SeqLen = Annotated[int | None, _call(help="L, the sequence length [default: 5]", metavar="N")]
Unbatched = Annotated[bool, _call("--unbatched", help="one sequence, 2-D input")]
Lengths = Annotated[
    str | None, _call(help="lengths of packed sequences, as in 5,3,2", metavar=SIZES)
]
Inputs = Annotated[
    list[str] | None,
    _call(
        "--input",
        help="run model.py:Net on a random input of this shape, 3,5,10 or 3,5,int64; repeat it "
        "for each input",
        metavar="A,B,...",
    ),
]
States = Annotated[bool, _call("--states", help="pass h_0 (and c_0) instead of zeros")]
Seed = Annotated[int, _call(help="seed of the weights and the random input", metavar="N")]

DEFAULT_SEQ_LEN = 5  # steps; like the batch a prime, and no size that a layer is often given
DEFAULT_BATCH = 3  # samples, so that no two axes of an example are of one size


# The parameter of a command -> the option of RNNConfig that it sets.
_OPTIONS = {
    "layers": "num_layers",
    "nonlinearity": "nonlinearity",
    "batch_first": "batch_first",
    "dropout": "dropout",
    "bidirectional": "bidirectional",
    "proj_size": "proj_size",
    "dtype": "dtype",
    "device": "device",
}


def read_layer(context: typer.Context, words: list[str]) -> tuple[RNNConfig, list[str]]:
    """The configuration that the words and options name, and the words that are left over.

    The options are those that the command declares with the types above. Raises ConfigError.
    """
    given = _given_options(context.params)
    if "(" in words[0]:
        written = RNNConfig.parse(words[0])
        for option, value in given.items():
            _refuse_twice(written, option, value)
        return (written.with_options(**given) if given else written), words[1:]
    _refuse_script(words[0])
    numbers = []
    for word in words[1:4]:
        if not _is_number(word):
            break
        numbers.append(ast.literal_eval(word))
    if len(numbers) < 2:
        _refuse_missing_size(words, numbers, str(context.info_name))
    if len(numbers) == 3:
        given.setdefault("num_layers", numbers[2])
    config = RNNConfig(words[0], numbers[0], numbers[1], **given)
    return config, words[1 + len(numbers) :]


def _refuse_twice(written: RNNConfig, option: str, value: object) -> None:
    """Raise ConfigError for an option that the layer was written with, to another value."""
    told, untold = getattr(written, option), getattr(RNNConfig(written.kind, 1, 1), option)
    if told not in (value, untold):
        raise ConfigError(option, value, f"the layer is written with {option}={told!r}")


def _refuse_script(word: str) -> None:
    """Raise SubjectError for a file: it is run, or something in it is named."""
    if word.endswith(".py"):
        raise SubjectError(
            f"{word} is a script and no layer: rnnscope run {word} runs and watches it, and "
            f"rnnscope inspect {word}:Net builds the model Net in it."
        )
    if ":" in word:
        raise SubjectError(f"{word} is no layer: rnnscope inspect {word} builds it and its layers.")


def _given_options(parameters: dict[str, Any]) -> dict[str, Any]:
    """RNNConfig's options as they were given; those that are None or False were left out."""
    # By identity: 0 equals False, and `--layers 0` was given.
    given = {
        option: parameters[name]
        for name, option in _OPTIONS.items()
        if parameters[name] is not None and parameters[name] is not False
    }
    return given | ({"bias": False} if parameters["no_bias"] else {})


def read_call(
    batch: int | None = None,
    seq_len: int | None = None,
    unbatched: bool = False,
    lengths: str | None = None,
    states: bool = False,
) -> Call:
    """The call that the options describe. Raises CallError."""
    wanted = read_numbers("lengths", lengths) if lengths is not None else None
    if wanted is not None and batch not in (None, len(wanted)):
        raise CallError(f"--batch {batch} and {len(wanted)} lengths disagree: leave out --batch.")
    if seq_len is None:
        seq_len = max(wanted, default=DEFAULT_SEQ_LEN) if wanted else DEFAULT_SEQ_LEN
    return Call(
        batch=DEFAULT_BATCH if batch is None else batch,
        seq_len=seq_len,
        batched=not unbatched,
        lengths=wanted,
        states_given=states,
    )


def read_numbers(option: str, text: str) -> tuple[int, ...]:
    """``"5,3,2"`` or ``"(5, 3, 2)"`` as numbers. Raises CallError."""
    try:
        inside = text.strip("()[] ").removesuffix(",")
        return tuple(int(part) for part in inside.split(",")) if inside else ()
    except ValueError:
        raise CallError(
            f"--{option} {text!r} is no list of whole numbers: write --{option} 5,3,2."
        ) from None


def refuse_left_over(context: typer.Context, words: list[str]) -> None:
    """Raise ConfigError when words are left that the command has no use for."""
    if words:
        raise ConfigError(
            "argument",
            words[0],
            "give a kind and two sizes",
            f"See rnnscope {context.info_name} --help.",
        )


def _is_number(word: str) -> bool:
    try:
        return isinstance(ast.literal_eval(word), int | float)
    except (ValueError, SyntaxError):
        return False


def _refuse_missing_size(words: list[str], numbers: list[Any], command: str) -> None:
    kind = words[0]
    if kind.casefold() not in (name.casefold() for name in KINDS):
        RNNConfig(kind, 1, 1)
    name = ("input_size", "hidden_size")[len(numbers)]
    following = words[1 + len(numbers) :]
    raise ConfigError(
        name,
        following[0] if following else MISSING,
        f"{kind} needs input_size and hidden_size, two whole numbers",
        f"Write rnnscope {command} {kind} 10 20.",
    )
