"""RNN141: torch.compile(fullgraph=True) with a recurrent layer."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN141", "compiled-with-fullgraph", Severity.WARNING, Reading)
def compiled_with_fullgraph(reading: Reading) -> Iterator[Problem]:
    """torch.compile breaks the graph at recurrent layers, and fullgraph=True forbids that.

    What it does
    ------------
    Explains why the compiler refuses a model with an RNN, LSTM or GRU.

    Why is this bad?
    ----------------
    The compiler leaves these layers to cuDNN and oneDNN on purpose. With fullgraph=True the break
    becomes an error.

    Example
    -------
    model = nn.Sequential(nn.Linear(10, 10), nn.LSTM(10, 20))
    compiled = torch.compile(model, backend="eager", fullgraph=True)
    output, _ = compiled(torch.randn(5, 3, 10))  # RNN141

    Use instead
    -----------
    model = nn.Sequential(nn.Linear(10, 10), nn.LSTM(10, 20))
    output, _ = model(torch.randn(5, 3, 10))
    """
    yield Problem(
        "torch.compile does not trace RNN, LSTM and GRU: it breaks the graph there, and "
        "fullgraph=True turns the break into this error.",
        "torch.compile(model)  # without fullgraph; or torch._dynamo.config.allow_rnn = True",
    )
