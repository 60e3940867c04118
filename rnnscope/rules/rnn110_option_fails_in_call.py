"""RNN110: an option that the constructor takes and the call refuses."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.construction import given
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Construction

_FLAGS = ("bidirectional", "bias", "batch_first")


@rule("RNN110", "option-fails-in-call", Severity.ERROR, Construction)
def option_fails_in_call(construction: Construction) -> Iterator[Problem]:
    """bidirectional=1 and num_layers=True pass the constructor and fail in the call.

    What it does
    ------------
    Looks for a bidirectional that is no bool, and for a num_layers that is one.

    Why is this bad?
    ----------------
    The constructor does not check these two types. The call hands them to a C++ function, whose
    answer is a list of argument types that names no option.

    Example
    -------
    lstm = nn.LSTM(10, 20, bidirectional=1)  # RNN110

    Use instead
    -----------
    lstm = nn.LSTM(10, 20, bidirectional=True)
    """
    if construction.config is None or construction.config.single_step:
        return
    options = given(construction)
    for name in _FLAGS:
        value = options.get(name, False)
        if value is not None and not isinstance(value, bool):
            yield Problem(
                f"{name}={value!r} passes the constructor, and fails in the call: "
                "it must be True or False.",
                f"{name}={bool(value)}  # or bool(...) around what a configuration holds",
            )
    if isinstance(options.get("num_layers"), bool):
        yield Problem(
            f"num_layers={options['num_layers']} passes the constructor, and fails in the call: "
            "the third positional argument is the number of layers.",
            "pass batch_first=... and bidirectional=... by name",
        )
