"""RNN401: output[-1] with batch_first, output[:, -1] without: one sample instead of one step."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import REST, ran_at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import SliceRead


@rule("RNN401", "one-sample-read", Severity.ERROR, SliceRead)
def one_sample_read(fact: SliceRead) -> Iterator[Problem]:
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
    if fact.slice != "sample":
        return
    which = "one" if 0 < fact.index < fact.of - 1 else "last" if fact.index else "first"
    axes, fix = "(layers, batch, features)", f"{fact.result}[-1]  # the last layer of all samples"
    if fact.result == "output":
        axes = "(batch, time, features)" if fact.batch_first else "(time, batch, features)"
        fix = "output[:, -1]" if fact.batch_first else "output[-1]"
    yield Problem(
        f"{fact.result} is {axes}: this takes the {which} of {fact.of} samples, "
        "and the others are never used",
        fix,
        fact.location,
        ran_at(fact),
        proof=REST,
    )
