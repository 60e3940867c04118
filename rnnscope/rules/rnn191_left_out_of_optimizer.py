"""RNN191: an optimizer that was given the parameters of one model and not those of the other."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.experiment_results import LeftOut


@rule("RNN191", "left-out-of-optimizer", Severity.WARNING, LeftOut)
def left_out_of_optimizer(layer: LeftOut) -> Iterator[Problem]:
    """A recurrent layer gets gradients in every step, but no optimizer has its weights.

    What it does
    ------------
    Compares the layers that get gradients with the parameters of every optimizer that steps, where
    another recurrent layer learns. Says nothing of weights that were loaded, set by hand, or do not
    require gradients: an encoder under a new head is often left as it is on purpose.

    Why is this bad?
    ----------------
    ``decoder.parameters()`` does not contain the encoder: the encoder keeps the random weights it
    was built with, and the decoder learns to live with noise.

    Example
    -------
        encoder, decoder = nn.GRU(4, 6, batch_first=True), nn.GRU(4, 6, batch_first=True)
        optimizer = torch.optim.SGD(decoder.parameters(), lr=0.1)  # RNN191
        for x in torch.randn(4, 3, 5, 4):
            _, h_n = encoder(x)
            optimizer.zero_grad()
            decoder(x, h_n)[0].pow(2).mean().backward()
            optimizer.step()

    Use instead
    -----------
        encoder, decoder = nn.GRU(4, 6, batch_first=True), nn.GRU(4, 6, batch_first=True)
        optimizer = torch.optim.SGD([*encoder.parameters(), *decoder.parameters()], lr=0.1)
        for x in torch.randn(4, 3, 5, 4):
            _, h_n = encoder(x)
            optimizer.zero_grad()
            decoder(x, h_n)[0].pow(2).mean().backward()
            optimizer.step()
    """
    yield Problem(
        f"this optimizer has no weight of a {layer.kind} that got gradients in {layer.steps} "
        "steps: it keeps the random weights it was built with.",
        fix="give the optimizer all parameters: [*encoder.parameters(), *decoder.parameters()]; or "
        "encoder.requires_grad_(False) where it is to stay as it is",
        location=layer.location,
        related=at(layer.built_at, f"the {layer.kind} is built here"),
    )
