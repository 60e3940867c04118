"""RNN102: an argument whose name says that it was meant for another position."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator

from rnnscope.cells import KINDS
from rnnscope.findings import Location, Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Construction

_LONGEST = 8  # lines that one construction may span


@rule("RNN102", "positional-arguments", Severity.WARNING, Construction)
def positional_arguments(construction: Construction) -> Iterator[Problem]:
    """A positional argument lands on another option than its name says.

    What it does
    ------------
    Reads the line of code, and compares the name of each positional argument with the option on
    which it lands.

    Why is this bad?
    ----------------
    After num_layers come bias and batch_first for LSTM and GRU, and nonlinearity for RNN. A
    batch_first given by position is taken for bias, a bidirectional for batch_first, and since all
    of them are bools nothing complains.

    Example
    -------
    batch_first, bidirectional = True, False
    lstm = nn.LSTM(10, 20, 2, batch_first, bidirectional)  # RNN102

    Use instead
    -----------
    batch_first, bidirectional = True, False
    lstm = nn.LSTM(10, 20, 2, batch_first=batch_first, bidirectional=bidirectional)
    """
    kind = KINDS.get(construction.kind)
    if kind is None or len(construction.args) < 4:
        return
    written = _positional(construction.location, construction.kind)
    landed = list(zip(written, kind.options, strict=False))
    wrong = [(name, option) for name, option in landed if _meant(name, kind.options, option)]
    if wrong:
        name, option = wrong[0]
        yield Problem(
            f"the argument `{name}` is taken for {option}: the positional order of "
            f"{kind.name} is {', '.join(kind.options[: len(construction.args)])}.",
            ", ".join(f"{_option_in(name, kind.options)}={name}" for name, _ in wrong),
        )


def _positional(location: Location | None, kind: str) -> list[str]:
    """The source of each positional argument of the construction at this line."""
    if location is None:
        return []
    for length in range(1, _LONGEST + 1):
        lines = [linecache.getline(location.file, location.line + i) for i in range(length)]
        for call in _calls("".join(lines)):
            if ast.unparse(call.func).endswith(kind):
                return [ast.unparse(argument) for argument in call.args]
    return []


def _calls(source: str) -> Iterator[ast.Call]:
    try:
        tree = ast.parse(source.strip())
    except SyntaxError:
        return
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _meant(name: str, options: tuple[str, ...], option: str) -> bool:
    """True when the name is that of another option, and not of the one on which it lands."""
    meant = _option_in(name, options)
    return meant is not None and meant != option


_WORDS = {
    "batch_first": "batch_first",
    "batchfirst": "batch_first",
    "bidirectional": "bidirectional",
    "bidirection": "bidirectional",
    "bi_directional": "bidirectional",
    "dropout": "dropout",
    "dropout_rate": "dropout",
    "drop_rate": "dropout",
    "num_layers": "num_layers",
    "n_layers": "num_layers",
    "proj_size": "proj_size",
}


def _option_in(name: str, options: tuple[str, ...]) -> str | None:
    last = name.rpartition(".")[2].strip("_").lower()
    meant = _WORDS.get(last)
    return meant if meant in options else None
