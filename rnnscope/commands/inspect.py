"""``rnnscope inspect``: every parameter and every tensor of one layer, predicted and measured."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from rnnscope import api
from rnnscope.commands import layer as words_of
from rnnscope.commands import output as to
from rnnscope.formats import known_format

if TYPE_CHECKING:
    from rnnscope.call import Call
    from rnnscope.config import RNNConfig
    from rnnscope.report import Report


def inspect(
    context: typer.Context,
    layer: words_of.Words,
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
    states: words_of.States = False,
    seed: words_of.Seed = 0,
    args: str | None = typer.Option(
        None, "--args", help="the arguments of the class in model.py:Net", metavar="TEXT"
    ),
    no_run: bool = typer.Option(False, "--no-run", help="predict only; torch is not imported"),
    no_reference: bool = typer.Option(
        False, "--no-reference", help="do not recompute with the from-scratch reference"
    ),
    full: bool = typer.Option(False, "--full", help="every axis and every parameter, at length"),
    format: to.Format = None,
    output: to.Output = None,
) -> None:
    """Print every parameter and tensor of a layer, with its shape.

    Each has its formula and the reason for each axis, and is measured on the real layer.
    """
    if full and known_format(format or "terminal") == "terminal" and output is None:
        format = "full"
    if ":" in layer[0] and "(" not in layer[0]:
        words_of.refuse_left_over(context, layer[1:])
        _end(api.inspect_target(layer[0], args), format, output)
    config, rest = words_of.read_layer(context, layer)
    words_of.refuse_left_over(context, rest)
    call = words_of.read_call(batch, seq_len, unbatched, lengths, states)
    known_format(format or "terminal")
    report = _report(config, call, seed, not no_run, not no_reference, _shows(format, output))
    if report is not None:
        _end(report, format, output)


def _end(report: Report, format: str | None, output: Path | None) -> NoReturn:
    to.write(report, format, output)
    raise typer.Exit(0 if report.ok else 1)


def _shows(format: str | None, output: Path | None) -> bool:
    """True in an interactive terminal, where the prediction is shown before torch is imported."""
    return (format or "terminal").casefold() == "terminal" and not output and sys.stdout.isatty()


def _report(
    config: RNNConfig, call: Call, seed: int, run: bool, reference: bool, live: bool
) -> Report | None:
    if not (run and live):
        return api.inspect_config(config, call, seed=seed, run=run, reference=reference)
    from rich.console import Console
    from rich.live import Live

    console = Console(highlight=False)
    predicted = api.inspect_config(config, call, run=False)
    with Live(predicted, console=console, auto_refresh=False) as screen:
        report = api.inspect_config(config, call, seed=seed, run=True, reference=reference)
        screen.update(report, refresh=True)
    raise typer.Exit(0 if report.ok else 1)
