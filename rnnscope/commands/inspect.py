"""``rnnscope inspect``: every parameter and every tensor of one layer, predicted and measured."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from rnnscope import api
from rnnscope.commands import layer as words_of
from rnnscope.commands import output as to
from rnnscope.commands import weights as of_weights
from rnnscope.errors import CallError
from rnnscope.torch_import import import_torch

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
    inputs: words_of.Inputs = None,
    no_run: bool = typer.Option(False, "--no-run", help="predict only; torch is not imported"),
    no_reference: bool = typer.Option(
        False, "--no-reference", help="do not recompute with the from-scratch reference"
    ),
    full: bool = typer.Option(False, "--full", help="every axis and every parameter, at length"),
    gates: bool = typer.Option(
        False, "--gates", help="what each gate did at each step, and the gradient's way back"
    ),
    prefix: of_weights.Prefix = "",
    against: of_weights.Against = None,
    values: of_weights.Values = False,
    format: to.Format = None,
    output: to.Output = None,
) -> None:
    """Print every parameter and tensor of a layer, with its shape.

    Each has its formula and the reason for each axis, and is measured on the real layer. Of a
    weights file such as model.pt, every recurrent layer is found by its parameters.
    """
    if full and to.chosen(format, output) == "terminal":
        format = "full"
    of_weights.inspect_file(context, layer, format)
    if ":" in layer[0] and "(" not in layer[0]:
        words_of.refuse_left_over(context, layer[1:])
        _end(_of_target(layer[0], args, inputs or (), gates, seed), format, output)
    if inputs:
        raise CallError("--input is for model.py:Net: of a layer give --batch and --seq-len.")
    config, rest = words_of.read_layer(context, layer)
    words_of.refuse_left_over(context, rest)
    call = words_of.read_call(batch, seq_len, unbatched, lengths, states)
    to.chosen(format, output)
    if gates and no_run:
        raise CallError("--gates is what a run shows: leave out --no-run.")
    if gates:
        import_torch()
        from rnnscope.gating.asking import gates_of_config

        report: Report | None = gates_of_config(config, call, loss=_final_h(config), seed=seed)
    else:
        report = _report(config, call, seed, not no_run, not no_reference, _shows(format, output))
    if report is not None:
        _end(report, format, output)


def _end(report: Report, format: str | None, output: Path | None) -> NoReturn:
    to.write(report, format, output)
    raise typer.Exit(0 if report.ok else 1)


def _of_target(
    target: str, args: str | None, inputs: Sequence[str], gates: bool, seed: int
) -> Report:
    if gates:
        import_torch()
        from rnnscope.gating.asking import gates_of_target

        return gates_of_target(target, inputs, args, final=_final_h, seed=seed)
    return api.inspect_target(target, args, inputs, seed)


def _final_h(config: RNNConfig) -> Callable[..., Any]:
    """The loss of a layer that has no task: the sum of the final h of each layer and direction."""

    def the_sum_of_its_final_h(*result: Any) -> Any:
        final = result[0] if config.single_step else result[1]
        return (final[0] if isinstance(final, tuple) else final).sum()

    return the_sum_of_its_final_h


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
