"""RNN401: output[-1] with batch_first, output[:, -1] without: one sample instead of one step."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.tracing.events import Part, Usage


@rule("RNN401", "one-sample-read", Severity.ERROR, Usage)
def one_sample_read(usage: Usage) -> Iterator[Problem]:
    """The last sample of the batch is used where the last step was meant.

    What it does
    ------------
    Looks for an index that takes one sample out of the results of a layer, and nothing else of
    that batch, with all its steps (or layers) used by a layer with parameters or a loss.

    Why is this bad?
    ----------------
    ``output`` is (batch, time, features) with batch_first=True and (time, batch, features)
    without; ``h_n`` is (layers, batch, features) always. ``output[-1]`` with batch_first=True is
    the whole last sample, and all other samples are thrown away.

    Example
    -------
        lstm = nn.LSTM(4, 6, batch_first=True)
        head = nn.Linear(6, 2)
        output, _ = lstm(torch.randn(3, 5, 4))
        logits = head(output[-1])  # RNN401

    Use instead
    -----------
        lstm = nn.LSTM(4, 6, batch_first=True)
        head = nn.Linear(6, 2)
        output, _ = lstm(torch.randn(3, 5, 4))
        logits = head(output[:, -1])
    """
    if usage.batch <= 1:
        return
    for part in usage.parts:
        if _is_alone(part, usage):
            yield Problem(_message(part, usage), _fix(part, usage), part.location)
            return


def _is_alone(part: Part, usage: Usage) -> bool:
    """One sample, the last or the first, with its steps or layers, and no other sample anywhere."""
    if part.sample not in (-1, 0) or part.step is not None or part.unit is not None:
        return False
    picked = {index for what, index in usage.picked if what == "sample"}
    if picked != {part.sample} or (part.result == "output" and usage.steps <= 1):
        return False
    others = [p for p in usage.parts if p.sample is None]
    if others or (part.result != "output" and part.slot is not None):
        return False
    return part.sample == -1 or "loss" in part.reached


def _message(part: Part, usage: Usage) -> str:
    which = "last" if part.sample == -1 else "first"
    axes = "(layers, batch, features)"
    if part.result == "output":
        first = usage.config.batch_first
        axes = "(batch, time, features)" if first else "(time, batch, features)"
    return (
        f"{part.result} is {axes}: this takes the {which} of {usage.batch} samples, "
        "and the others are never used"
    )


def _fix(part: Part, usage: Usage) -> str:
    if part.result != "output":
        return f"{part.result}[-1]  # the last layer of all samples"
    return "output[:, -1]" if usage.config.batch_first else "output[-1]"
