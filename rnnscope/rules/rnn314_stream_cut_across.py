"""RNN314: a stream was cut so that the next step of a row is not what comes next."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import StreamCut


@rule("RNN314", "stream-cut-across", Severity.ERROR, StreamCut)
def stream_cut_across(fact: StreamCut) -> Iterator[Problem]:
    """A long stream became a table row by row, and a layer steps down its columns.

    What it does
    ------------
    Looks where the steps and the rows of a batch lie in the one-dimensional tensor that they were
    cut out of. Reports rows that stand side by side in it, so that each step jumps over all the
    other rows, if the stream itself says that neighbours belong together: an element tells at
    least twice as much of the next one as of the one a step further.

    Why is this bad?
    ----------------
    ``view(-1, rows)`` writes the stream line by line: going down a column leaves out all but every
    ``rows``-th element. The model is trained to predict what comes ``rows`` places later.

    Example
    -------
        embed, lstm, head = nn.Embedding(30, 4), nn.LSTM(4, 6), nn.Linear(6, 30)
        stream = torch.randint(3, (600,)).cumsum(0) % 29
        data = stream.view(-1, 10)  # RNN314
        for i in (0, 5, 10):
            output, _ = lstm(embed(data[i:i + 5]))
            F.cross_entropy(head(output).flatten(0, 1), data[i + 1:i + 6].flatten()).backward()

    Use instead
    -----------
        embed, lstm, head = nn.Embedding(30, 4), nn.LSTM(4, 6), nn.Linear(6, 30)
        stream = torch.randint(3, (600,)).cumsum(0) % 29
        data = stream.view(10, -1).t().contiguous()
        for i in (0, 5, 10):
            output, _ = lstm(embed(data[i:i + 5]))
            F.cross_entropy(head(output).flatten(0, 1), data[i + 1:i + 6].flatten()).backward()
    """
    yield Problem(
        f"the stream is written into {fact.rows} columns line by line here: what comes next in it "
        f"stands in the next column, and each step down jumps {fact.rows} places",
        f"cut it into {fact.rows} pieces: stream.view({fact.rows}, -1).t().contiguous()",
        fact.location,
        at(fact.called_at, f"the {fact.kind} steps down the columns here"),
    )
