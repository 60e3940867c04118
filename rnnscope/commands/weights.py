"""``rnnscope inspect model.pt``: the recurrent layers in a weights file."""

from __future__ import annotations

from functools import partial
from typing import Annotated, NoReturn

import typer

from rnnscope import api
from rnnscope.commands import layer as words_of
from rnnscope.commands import output as to
from rnnscope.commands.help import FILE
from rnnscope.errors import ConfigError
from rnnscope.weights import ENDINGS, names_weights

_option = partial(typer.Option, rich_help_panel=FILE)
Prefix = Annotated[str, _option(help="the layers below this path alone", metavar="PATH")]
Against = Annotated[
    str | None,
    _option(help='what it should fit, "nn.LSTM(10, 20)" or model.py:Net', metavar="TARGET"),
]
Values = Annotated[bool, _option("--values", help="its numbers, gate by gate")]


# What ``inspect`` takes for layers and files alike, and what it takes for files alone.
_SHARED = ("layer", "full", "format", "output", "no_run", "no_reference")
_OWN = ("prefix", "against", "values")


def inspect_file(context: typer.Context, words: list[str], format: str | None) -> None:
    """Report on a weights file and end the command, if the words name one. Raises ConfigError."""
    file = names_weights(words[0])
    for name in context.params:
        source = context.get_parameter_source(name)
        given = source is not None and source.name == "COMMANDLINE"
        if given and name not in _SHARED and (name in _OWN) != file:
            option = "--" + name.replace("_", "-")
            remedy = "leave it out" if file else f"name a file that ends in {', '.join(ENDINGS)}"
            what = f"{words[0]} is {'a' if file else 'no'} weights file"
            raise ConfigError(option, context.params[name], f"{what}, {remedy}")
    if file:
        _report(context, words, format)


def _report(context: typer.Context, words: list[str], format: str | None) -> NoReturn:
    given = context.params
    words_of.refuse_left_over(context, words[1:])
    to.chosen(format, given["output"])
    report = api.inspect_weights(
        words[0], prefix=given["prefix"], against=given["against"], values=given["values"]
    )
    to.write(report, format, given["output"])
    raise typer.Exit(0 if report.ok else 1)
