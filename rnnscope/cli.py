"""The command line: it finds the command, runs it, and turns every refusal into one sentence."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module

import typer

from rnnscope import __version__
from rnnscope.errors import RnnscopeError

# Each command is the function of its own name in rnnscope.commands.<name>. The list of all is shown
# without loading any of them, so that the first lines of their docstrings stand here as well.
COMMANDS = {
    "inspect": "Print every parameter and every tensor of a layer, with the reason for each shape.",
    "explain": "Explain one tensor or parameter of a layer, or one whole time step, and prove it.",
    "check": "Check the sizes of a call before torch runs it; torch is not even imported.",
    "run": "Run a script exactly as python would, and report its mistakes with recurrent layers.",
    "doctor": "Explain an error message, a warning or a whole traceback of torch.",
    "verify": "Tell whether a hand-written layer is the same function as torch's, and if not, why.",
    "fuzz": "Draw layers and calls; check that prediction, torch, reference and rules agree.",
    "rules": "List every rule with its code, severity and name, by family.",
    "rule": "Print what a rule does, why that is bad, an example, and what to use instead.",
}
# Commands that take the options of another program after their own: all that follows its name.
PASSES_ON = {"run": {"allow_interspersed_args": False}}
# Commands that run for long, or that run somebody's program, whose finalizers are its own business.
LASTING = ("run", "verify", "fuzz")
USAGE = 2
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the process with its exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and words[0] in LASTING:
        sys.exit(run(words))
    # Importing makes objects by the ten thousand and no garbage: a fifth of a brief process would
    # go into looking for some, the greater part of it at exit, in all that torch is made of.
    gc.disable()
    try:
        status = run(words)
    finally:
        gc.enable()
    gc.freeze()
    sys.exit(status)


def run(arguments: list[str]) -> int:
    """Run one command line. Returns 0 nothing found, 1 findings, 2 usage, 130 interrupted."""
    try:
        status = application(arguments)(args=arguments, prog_name="rnnscope", standalone_mode=False)
        _flush()
    except RnnscopeError as error:
        return _refuse(str(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has gone, as with `| head`; the interpreter must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if not hasattr(error, "format_message"):  # typer's usage errors have it, bugs have not
            raise
        return _refuse(f"{error.format_message()} See rnnscope --help.")
    return int(status or 0)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"rnnscope {__version__}")
        raise typer.Exit


def application(arguments: Sequence[str] = ()) -> typer.Typer:
    """The typer application; with a command among the arguments only that one is loaded."""
    app = typer.Typer(
        name="rnnscope",
        help="The shape debugger for PyTorch recurrent networks.",
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    first = next((word for word in arguments if not word.startswith("-")), "")
    if first in COMMANDS:
        command = getattr(import_module(f"rnnscope.commands.{first}"), first)
        app.command(first, context_settings=PASSES_ON.get(first))(command)
        return app
    for name, summary in COMMANDS.items():
        app.command(name, help=summary)(_listed)
    return app


def _listed() -> None:
    """Stands for a command in the list of all."""


def _options(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="print the version"
    ),
) -> None:
    """The options of rnnscope itself."""


def _flush() -> None:
    """What was printed leaves now, while a reader that has gone can be told from a bug."""
    # A script under run may have closed its standard output, or taken it away.
    if sys.stdout is not None and not sys.stdout.closed:
        sys.stdout.flush()


def _refuse(sentence: str) -> int:
    print(f"rnnscope: {sentence}", file=sys.stderr)
    return USAGE
