"""RNN490: weights that get exactly zero gradient: their part of the layer is for nothing."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Related, Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.proofs import IdleWeights


@rule("RNN490", "idle-weights", Severity.WARNING, IdleWeights)
def idle_weights(weights: IdleWeights) -> Iterator[Problem]:
    """A direction, or the layers above the first, never get a gradient: what they say is not read.

    What it does
    ------------
    Looks at the gradients after the program's own backward, whenever an optimizer steps. Reports
    weights at exactly zero while other weights of the same layer get gradients, at the line that
    cuts the output down to one direction where there is one, otherwise at the layer's call.

    Why is this bad?
    ----------------
    That part of the layer is computed and thrown away, and stays as it was initialised. A
    recurrence at zero means that its half of the output is read after one step only: the backward
    half at the last position has seen nothing but the last input.

    Example
    -------
        gru = nn.GRU(4, 6, num_layers=2, batch_first=True)
        optimizer = torch.optim.SGD(gru.parameters(), lr=0.1)
        for x in torch.randn(3, 2, 5, 4):
            _, h_n = gru(x)  # RNN490
            below, above = h_n.chunk(2)
            optimizer.zero_grad()
            below.pow(2).mean().backward()
            optimizer.step()

    Use instead
    -----------
        gru = nn.GRU(4, 6, num_layers=2, batch_first=True)
        optimizer = torch.optim.SGD(gru.parameters(), lr=0.1)
        for x in torch.randn(3, 2, 5, 4):
            _, h_n = gru(x)
            below, above = h_n.chunk(2)
            optimizer.zero_grad()
            above.pow(2).mean().backward()
            optimizer.step()
    """
    cut = weights.narrowed_at
    lines = (
        (weights.location if cut is not None else None, f"the {weights.kind} runs here"),
        (weights.built_at, "the layer is built here"),
    )
    yield Problem(
        f"{weights.part} got exactly zero gradient ({', '.join(weights.names)}) while the rest of "
        f"the {weights.kind} learns: {_reason(weights)}.",
        fix=_FIXES["recurrence" if weights.recurrence_only else "half" if cut else "part"],
        location=cut or weights.location,
        related=tuple(Related(line, text) for line, text in lines if line is not None),
    )


def _reason(weights: IdleWeights) -> str:
    if weights.recurrence_only:
        return "that half of the output is read after a single step"
    if weights.narrowed_at is not None:
        return "of the output's features only the other half, taken at this line, is used"
    return "what it computes is never read"


_FIXES = {
    "recurrence": "read h_n, or each half at its own end: output[:, -1, :H] and output[:, 0, H:]",
    "half": "use all 2*H_out features, or build the layer with bidirectional=False",
    "part": "read it (h_n[-1] is the last layer's), or build the layer without it",
}
