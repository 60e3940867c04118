"""RNN606: a recurrent layer that never learns, because its results are detached before use."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.experiment_results import CutOff


@rule("RNN606", "cut-off-layer", Severity.WARNING, CutOff)
def cut_off_layer(layer: CutOff) -> Iterator[Problem]:
    """A recurrent layer is in the optimizer and never gets a gradient: its results are detached.

    What it does
    ------------
    Looks at the gradients whenever an optimizer steps. Reports a layer that runs in training, whose
    weights that optimizer has and leaves without any gradient in every step while others have one,
    where what the layer returned was detached and used afterwards. Says nothing of weights that
    were loaded or set by hand, nor of a layer that runs under ``torch.no_grad()``.

    Why is this bad?
    ----------------
    Detaching a state is for the end of a piece of a long sequence, where the same layer goes on
    from it. Between an encoder and its decoder it cuts off the only way back: the encoder keeps
    its random weights, and the decoder learns to live with noise.

    Example
    -------
        encoder, decoder = nn.GRU(4, 6, batch_first=True), nn.GRU(4, 6, batch_first=True)
        weights = [*encoder.parameters(), *decoder.parameters()]
        optimizer = torch.optim.SGD(weights, lr=0.1)
        for x in torch.randn(4, 3, 5, 4):
            _, h_n = encoder(x)
            optimizer.zero_grad()
            decoder(x, h_n.detach())[0].pow(2).mean().backward()  # RNN606
            optimizer.step()

    Use instead
    -----------
        encoder, decoder = nn.GRU(4, 6, batch_first=True), nn.GRU(4, 6, batch_first=True)
        weights = [*encoder.parameters(), *decoder.parameters()]
        optimizer = torch.optim.SGD(weights, lr=0.1)
        for x in torch.randn(4, 3, 5, 4):
            _, h_n = encoder(x)
            optimizer.zero_grad()
            decoder(x, h_n)[0].pow(2).mean().backward()
            optimizer.step()
    """
    yield Problem(
        f"what the {layer.kind} returns goes on without its graph (.{layer.operation}): none of "
        f"its weights got a gradient in {layer.steps} steps of the optimizer that has them, while "
        "others learn.",
        fix="hand the result on as it is; or encoder.requires_grad_(False) where the layer is to "
        "stay as it is",
        related=at(layer.called_at, f"the {layer.kind} runs here"),
    )
