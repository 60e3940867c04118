"""``rnnscope explain``: what one tensor or parameter is, why it has its shape, and the proof."""

from __future__ import annotations

from typing import Annotated

import typer

from rnnscope import api
from rnnscope.commands import layer as words_of
from rnnscope.commands import output as to
from rnnscope.errors import UnknownNameError
from rnnscope.explained import known_format

Words = Annotated[
    list[str],
    typer.Argument(
        help="A kind and its sizes, as in LSTM 10 20, or the layer as Python writes it; then the "
        "tensor or parameter, as in h_n or weight_ih_l0. Without NAME, one whole time step.",
        metavar="LAYER [NAME]",
        show_default=False,
    ),
]
Time = Annotated[int | None, typer.Option(help="the time step that is shown, from 0")]
Layer = Annotated[int | None, typer.Option("--layer", help="the layer that is shown, from 0")]
Format = Annotated[
    str | None, typer.Option("--format", help="terminal, markdown, json, html or svg")
]


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
    format: Format = None,
    output: to.Output = None,
) -> None:
    """Explain one tensor or parameter, or one time step; prove it."""
    config, names = words_of.read_layer(context, words)
    if len(names) > 1:
        raise UnknownNameError(
            f"one name at a time: {' '.join(names)} are {len(names)}; give {names[0]} alone."
        )
    known_format(format or "terminal")
    explanation = api.explain(
        config,
        names[0] if names else None,
        time=time,
        layer=at_layer,
        call=words_of.read_call(batch, seq_len, unbatched, lengths),
        seed=seed,
        run=not no_run,
    )
    to.write(explanation, format, output)
    raise typer.Exit(0 if explanation.holds else 1)
