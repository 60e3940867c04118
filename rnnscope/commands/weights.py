"""``rnnscope inspect model.pt``: the recurrent layers in a weights file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from rnnscope import api
from rnnscope.commands import layer as words_of
from rnnscope.commands import output as to
from rnnscope.errors import ConfigError
from rnnscope.formats import known_format
from rnnscope.weights import ENDINGS, names_weights

Prefix = Annotated[str, typer.Option(help="of a weights file: the layers below this path alone")]
Against = Annotated[
    str | None,
    typer.Option(help='of a weights file: what it should fit, "nn.LSTM(10, 20)" or model.py:Net'),
]
Values = Annotated[bool, typer.Option("--values", help="of a weights file: its numbers, by gates")]


def inspect_file(context: typer.Context, words: list[str]) -> None:
    """Report on a weights file and end the command, if the words name one.

    Raises ConfigError for options that have no meaning here, or would have one only here.
    """
    given = context.params
    if not names_weights(words[0]):
        for name in ("prefix", "against", "values"):
            if given[name]:
                example = f"name one that ends in {', '.join(ENDINGS)}"
                raise ConfigError(f"--{name}", given[name], f"it is for weights files: {example}")
        return
    _report(context, words)


def _report(context: typer.Context, words: list[str]) -> NoReturn:
    given = context.params
    words_of.refuse_left_over(context, words[1:])
    for option, value in words_of.given_options(given).items():
        raise ConfigError(
            option, value, f"{words[0]} itself tells what its layers are", "Leave it out."
        )
    known_format(given["format"] or "terminal")
    report = api.inspect_weights(
        Path(words[0]),
        prefix=given["prefix"],
        against=given["against"],
        values=given["values"],
    )
    to.write(report, given["format"], given["output"])
    raise typer.Exit(1 if report.counted else 0)
