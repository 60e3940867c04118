"""``rnnscope explain``: what one tensor or parameter is, why it has its shape, and the proof."""

from __future__ import annotations

from typing import Annotated

import typer

from rnnscope import api
from rnnscope.call import Call
from rnnscope.cells import KINDS
from rnnscope.commands import layer as words_of
from rnnscope.commands import output as to
from rnnscope.config import RNNConfig
from rnnscope.errors import UnknownNameError
from rnnscope.explained import FORMATS
from rnnscope.explanation.resolve_name import is_fact
from rnnscope.explanation.themes import theme
from rnnscope.prediction import predict

SIZES = ("10", "20")
Words = Annotated[
    list[str],
    typer.Argument(
        help="A kind and its sizes, as in LSTM 10 20, or the layer as Python writes it (left out, "
        "a small one); then a tensor or parameter, as in h_n or weight_ih_l0, or a gate, gates, "
        "bias, hidden, batch_first, N. Without NAME, one whole time step.",
        metavar="[LAYER] [NAME]",
        show_default=False,
    ),
]
Time = Annotated[int | None, typer.Option(help="the time step that is shown, from 0", metavar="N")]
Layer = Annotated[
    int | None, typer.Option("--layer", help="the layer that is shown, from 0", metavar="N")
]
Format = Annotated[str | None, to.format_option(FORMATS)]


def explain(
    context: typer.Context,
    words: Words,
    layers: words_of.Layers = None,
    nonlinearity: words_of.Nonlinearity = None,
    no_bias: words_of.NoBias = False,
    batch_first: words_of.BatchFirst = False,
    dropout: words_of.Dropout = None,
    bidirectional: words_of.Bidirectional = False,
    proj_size: words_of.ProjSize = None,
    dtype: words_of.Dtype = None,
    device: words_of.Device = None,
    batch: words_of.Batch = None,
    seq_len: words_of.SeqLen = None,
    unbatched: words_of.Unbatched = False,
    lengths: words_of.Lengths = None,
    time: Time = None,
    at_layer: Layer = None,
    seed: words_of.Seed = 0,
    no_run: bool = typer.Option(
        False, "--no-run", help="the arithmetic alone; torch is not imported"
    ),
    as_: str | None = typer.Option(
        None,
        "--as",
        help="the layout of another framework: keras, onnx, flax, coreml, tensorflow1 or cudnn",
        metavar="FRAMEWORK",
    ),
    format: Format = None,
    output: to.Output = None,
) -> None:
    """Explain one tensor or parameter, or one time step; prove it."""
    config, names = words_of.read_layer(context, _with_layer(words))
    call = words_of.read_call(batch, seq_len, unbatched, lengths)
    if as_ is not None:
        from rnnscope.layouts import layouts_of

        to.write(layouts_of(config, as_, names[0] if names else None), format, output)
        return
    to.chosen(format, output, FORMATS)
    explanation = api.explain(
        config,
        _one_name(names, config, call),
        time=time,
        layer=at_layer,
        call=call,
        seed=seed,
        run=not no_run,
    )
    to.write(explanation, format, output)
    raise typer.Exit(0 if explanation.holds else 1)


def _with_layer(words: list[str]) -> list[str]:
    """The words with a small layer before the name, where a student left the layer or sizes out."""
    first = words[0]
    if first.casefold() in (kind.casefold() for kind in KINDS):
        sized = len(words) > 1 and words[1][:1] in "-0123456789"
        return words if sized else [first, *SIZES, *words[1:]]
    if "(" in first:
        return words
    named = " ".join(words)
    fitting = next((layer for layer in SMALL if _knows(layer, named)), None)
    return [fitting, *words] if fitting else words


# The first of them that has what was asked for is taken: most of it is an LSTM's.
SMALL = (
    "LSTM(10, 20)",
    "LSTM(10, 20, bidirectional=True)",
    "LSTM(10, 20, proj_size=5)",
    "GRU(10, 20)",
    "LSTMCell(10, 20)",
)


def _knows(layer: str, name: str) -> bool:
    facts = predict(RNNConfig.parse(layer))
    return is_fact(facts, name) or theme(facts, name) is not None


def _one_name(names: list[str], config: RNNConfig, call: Call) -> str | None:
    """The name, which may be of two words, as ``forget gate`` is. Raises UnknownNameError."""
    named = " ".join(names)
    if len(names) > 1 and theme(predict(config, call), named) is None:
        raise UnknownNameError(
            f"one name at a time: {named} are {len(names)}; give {names[0]} alone."
        )
    return named or None
