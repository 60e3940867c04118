"""RNN301: a layer steps along the axis on which the samples lie."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.axes import shape_text
from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.experiment_results import Leak


@rule("RNN301", "samples-as-steps", Severity.ERROR, Leak)
def samples_as_steps(leak: Leak) -> Iterator[Problem]:
    """A layer reads the samples of a batch as the steps of a sequence.

    What it does
    ------------
    Runs a recorded step again with one sample changed, and looks for a layer or a loop over steps
    that carries the change into the other samples.

    Why is this bad?
    ----------------
    The state runs from one sample into the next: every result depends on the samples before it in
    the batch. The shapes fit, so torch says nothing, and the loss may even fall.

    Example
    -------
        from torch.utils.data import DataLoader, TensorDataset
        data = TensorDataset(torch.randn(24, 7, 5), torch.randint(0, 2, (24,)))
        lstm = nn.LSTM(5, 6)  # RNN301
        head = nn.Linear(6, 2)
        for x, y in DataLoader(data, batch_size=8, shuffle=True):
            output, _ = lstm(x)
            F.cross_entropy(head(output[:, -1]), y).backward()

    Use instead
    -----------
        from torch.utils.data import DataLoader, TensorDataset
        data = TensorDataset(torch.randn(24, 7, 5), torch.randint(0, 2, (24,)))
        lstm = nn.LSTM(5, 6, batch_first=True)
        head = nn.Linear(6, 2)
        for x, y in DataLoader(data, batch_size=8, shuffle=True):
            output, _ = lstm(x)
            F.cross_entropy(head(output[:, -1]), y).backward()
    """
    if leak.batch is None or not leak.recurrent:
        return
    layer = leak.built_at is not None
    where = ""
    if leak.axis is not None:
        where = f"{leak.kind} steps along axis {leak.axis} of its input {shape_text(leak.given)}, "
    place = leak.moved_at or leak.built_at or leak.location
    yield Problem(
        where + "where the samples are: each is read as a step after the one before"
        if where
        else "samples are read as steps: the state runs from each sample into the next",
        "build the layer with batch_first=True, or give it input.transpose(0, 1)"
        if layer
        else "step along the axis of time: for x_t in x.transpose(0, 1)",
        place,
        at(leak.batch.location, leak.batch.reason)
        + at(leak.built_at if leak.built_at != place else None, "the layer is built here")
        + at(leak.location if leak.location != place else None, "the state is carried on here"),
        proof=leak.proof,
    )
