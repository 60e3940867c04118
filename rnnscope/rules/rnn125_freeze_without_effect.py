"""RNN125: an attribute that was to freeze parameters, and that torch never reads."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Related, Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.training import FreezeWithoutEffect


@rule("RNN125", "freeze-without-effect", Severity.WARNING, FreezeWithoutEffect)
def freeze_without_effect(freeze: FreezeWithoutEffect) -> Iterator[Problem]:
    """Parameters are frozen through an attribute that does nothing.

    What it does
    ------------
    Looks, when an optimizer steps, for a misspelt ``requires_grad`` on its parameters, and for a
    ``requires_grad`` that was set on a module, while the parameters are trained all the same. A
    class that reads such an attribute of its own is left alone.

    Why is this bad?
    ----------------
    Python lets one set any attribute, and torch reads requires_grad of parameters only. What was
    to stay as it is, a pretrained encoder for example, is changed by every step.

    Example
    -------
        encoder, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 2)
        for param in encoder.parameters():
            param.require_grad = False  # RNN125
        model = nn.ModuleDict({"encoder": encoder, "head": head})
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for x in torch.randn(3, 2, 5, 4):
            _, h_n = encoder(x)
            optimizer.zero_grad()
            head(h_n[-1]).pow(2).mean().backward()
            optimizer.step()

    Use instead
    -----------
        encoder, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 2)
        encoder.requires_grad_(False)
        model = nn.ModuleDict({"encoder": encoder, "head": head})
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for x in torch.randn(3, 2, 5, 4):
            _, h_n = encoder(x)
            optimizer.zero_grad()
            head(h_n[-1]).pow(2).mean().backward()
            optimizer.step()
    """
    where = f"the module {freeze.module}" if freeze.module else "parameters"
    number = "1 parameter is" if freeze.count == 1 else f"{freeze.count} parameters are"
    as_before = "still frozen" if freeze.value else "still trained"
    yield Problem(
        f"`{freeze.attribute} = {freeze.value}` on {where} does nothing: {number} {as_before}. "
        "torch reads requires_grad, and of parameters only.",
        _repaired(freeze),
        related=tuple(Related(other, "and here") for other in freeze.others),
    )


def _repaired(freeze: FreezeWithoutEffect) -> str:
    if freeze.module is not None:
        return f"{freeze.target or 'module'}.requires_grad_({freeze.value})"
    return f"{freeze.target or 'param'}.requires_grad = {freeze.value}"
