"""``rnnscope depends``: what each axis of any module is, by what moves when something changes."""

from __future__ import annotations

from typing import Annotated

import typer

from rnnscope.commands import output as to
from rnnscope.formats import known_format
from rnnscope.torch_import import import_torch

Target = Annotated[
    str,
    typer.Argument(
        help="path/to/file.py:Name or package.module:Name, a class, an object or a function; or "
        'a layer of torch as Python writes it, as in "nn.Conv1d(4, 5, 3)".',
        metavar="TARGET",
        show_default=False,
    ),
]
Inputs = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        metavar="A,B,...",
        help="the sizes of an input, ? for a small one, a dtype behind them, as in 3,7,10 or "
        "?,?,10 or 3,7,int64; again for a second input",
    ),
]
States = Annotated[
    list[str] | None,
    typer.Option(
        "--state",
        metavar="A,B,...",
        help="the sizes of a state, which goes behind the inputs; two make a pair",
    ),
]


def depends(
    target: Target,
    input: Inputs = None,
    state: States = None,
    args: str | None = typer.Option(
        None,
        "--args",
        metavar="TEXT",
        help='the arguments of the class, as in "10, 20, num_layers=2"',
    ),
    parts: bool = typer.Option(False, "--parts", help="a matrix of each part as well"),
    format: to.Format = None,
    output: to.Output = None,
) -> None:
    """Tell which axis is the batch and which is time, by behaviour.

    Any module is run a few times, and what moves is seen: nothing is read, neither code nor names.
    """
    known_format(format or "terminal")
    import_torch()
    from rnnscope.dependence.asking import depends_of_target

    report = depends_of_target(target, input or (), state or (), arguments=args, parts=parts)
    to.write(report, format, output)
    raise typer.Exit(0 if report.ok else 1)
