"""The command line: it finds the command, runs it, and turns every refusal into one sentence."""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Sequence
from importlib import import_module

import typer

from rnnscope import __version__
from rnnscope.commands.spelling import COMMANDS as LAYERED
from rnnscope.commands.spelling import spelled
from rnnscope.errors import RnnscopeError
from rnnscope.legible import be_legible

# Each command is the function of its own name in rnnscope.commands.<name>. The list of all is shown
# without loading any, each with the first line of its docstring, which fits into 80 columns.
COMMANDS = {
    "inspect": "Print every parameter and tensor of a layer, with its shape.",
    "explain": "Explain one tensor or parameter, or one time step; prove it.",
    "check": "Check the sizes of a call before torch runs it.",
    "run": "Run a script as python would, and report its mistakes.",
    "doctor": "Explain an error message, a warning or a whole traceback.",
    "verify": "Tell whether a hand-written layer computes what torch's does.",
    "depends": "Tell which axis is the batch and which is time, by behaviour.",
    "fuzz": "Check prediction, torch, reference and rules on drawn layers.",
    "rules": "List every rule by family: code, severity and what is wrong.",
    "rule": "Print the help of one rule, with an example and its repair.",
}
# Commands that take the options of another program after their own: all that follows its name.
PASSES_ON = {"run": {"allow_interspersed_args": False}}
# Commands that run for long, or that run somebody's program, whose finalizers are its own business.
LASTING = ("run", "verify", "depends", "fuzz")
USAGE = 2  # as argparse and shells have it
INTERRUPTED = 130  # 128 + SIGINT, as shells report it


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
    if arguments[:1] != ["run"]:  # whose script has its streams as python gives them
        be_legible()
    try:
        words = spelled(arguments) if arguments[:1] and arguments[0] in LAYERED else arguments
        app = application(arguments or completed_words())
        status = app(args=words, prog_name="rnnscope", standalone_mode=False)
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
        if not arguments:  # the message is the whole help
            print(error.format_message(), file=sys.stderr)
            return USAGE
        return _refuse(_told(error.format_message(), arguments))
    return int(status or 0)


def _told(message: str, arguments: Sequence[str]) -> str:
    """A usage error of typer's as a sentence that ends with where to read on."""
    command = next((f" {word}" for word in arguments if word in COMMANDS), "")
    message = message.strip()
    stop = "" if message.endswith((".", "?")) else "."
    message = re.sub(r"Did you mean '([\w-]+)'\?", r"Did you mean \1?", message)
    return f"{message}{stop} See rnnscope{command} --help."


def completed_words() -> list[str]:
    """What a shell that asks for completions has on its line, the name of the program apart."""
    line = os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS", "")
    return line.split()[1:] if os.environ.get("_RNNSCOPE_COMPLETE") else []


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"rnnscope {__version__}")
        raise typer.Exit


def application(arguments: Sequence[str] = ()) -> typer.Typer:
    """The typer application; with a command among the arguments only that one is loaded."""
    app = typer.Typer(
        name="rnnscope",
        help="The shape debugger for PyTorch recurrent networks.",
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    first = next((word for word in arguments if not word.startswith("-")), "")
    if first in COMMANDS:
        command = getattr(import_module(f"rnnscope.commands.{first}"), first)
        shape = import_module("rnnscope.commands.help")
        settings = PASSES_ON.get(first)
        app.command(
            first, cls=shape.Command, epilog=shape.EXAMPLES[first][0], context_settings=settings
        )(command)
        return app
    for name, summary in COMMANDS.items():
        app.command(name, help=summary)(_listed)
    return app


def _listed() -> None:
    """Stands for a command in the list of all."""


def _options(
    version: bool = typer.Option(
        False, "--version", "-V", callback=_print_version, is_eager=True, help="print the version"
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
