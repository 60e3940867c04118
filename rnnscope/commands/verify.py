"""``rnnscope verify``: is a hand-written layer the same function as torch's?"""

from __future__ import annotations

from typing import Annotated

import typer

from rnnscope import api
from rnnscope.commands import output as to

Target = Annotated[
    str,
    typer.Argument(
        help="path/to/file.py:Name or package.module:Name, a class or an object.",
        metavar="TARGET",
        show_default=False,
    ),
]


def verify(
    target: Target,
    like: str = typer.Option(
        ...,
        "--like",
        metavar="LAYER",
        help='the layer that it should be, as in "LSTM(10, 20, num_layers=2)"',
    ),
    args: str | None = typer.Option(
        None,
        "--args",
        metavar="TEXT",
        help='the arguments of the class, as in "10, 20, num_layers=2"',
    ),
    map: str | None = typer.Option(
        None,
        "--map",
        metavar="TEXT",
        help="which parameter holds which of torch's, as the report prints it",
    ),
    format: to.Format = None,
    output: to.Output = None,
) -> None:
    """Tell whether a hand-written layer computes what torch's does.

    If it does not, say which gate, term or state differs.
    """
    to.chosen(format, output)
    report = api.verify(target, like, arguments=args, mapping=map)
    to.write(report, format, output)
    raise typer.Exit(0 if report.same else 1)
