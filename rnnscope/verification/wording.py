"""What is said of the differences that were seen: each once, with what repairs it."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

from rnnscope.subjects.comparison import Difference
from rnnscope.verification.behaviour import Check
from rnnscope.verification.hypotheses import Match
from rnnscope.verification.mapping import Mapping

# A mistake that is recognised explains what was seen of these, and they are not said again.
_EXPLAINED = {"state-ignored", "final-state", "future-seen", "direction", "gradient-lost"}


def seen(checks: tuple[Check, ...], match: Match | None) -> Iterator[Difference]:
    """What the checks of behaviour found and no recognised mistake explains."""
    explained = _EXPLAINED if match is not None and not match.hypothesis.right else set()
    kinds = set()
    for check in checks:
        found = check.difference
        if found and found.kind not in explained and found.kind not in kinds:
            kinds.add(found.kind)
            yield found


def missing(match: Match) -> Difference:
    names = ", ".join(map(str, match.missing[:6])) + (" …" if len(match.missing) > 6 else "")
    whole = not any(
        b.tensor.startswith("bias") for p in match.mapping.placements for b in p.blocks()
    )
    return Difference(
        "bias-missing",
        "it has no bias at all" if whole else f"no parameter acts as {names}: it is torch's "
        "function only where this bias is 0",
        "add the bias, or compare with bias=False" if whole else "add a bias of its own there",
    )  # fmt: skip


def extra(mapping: Mapping) -> Iterator[Difference]:
    for placement in mapping.placements:
        unknown = [p for _, _, p in placement.parts() if p is None]
        if unknown or not placement.grid:
            yield Difference(
                "extra-parameter",
                f"{placement.parameter} {placement.shape} changes the results, and "
                f"{mapping.config.kind} has no such term",
                "leave it out, or call the cell by another name",
            )


_FAMILIAR = (
    nn.Linear, nn.RNNBase, nn.RNNCellBase, nn.Embedding, nn.Dropout, nn.Identity, nn.ModuleList,
    nn.ModuleDict, nn.ParameterList, nn.ParameterDict, nn.Sequential, nn.Sigmoid, nn.Tanh, nn.ReLU,
)  # fmt: skip


def strangers(layer: object) -> str:
    """What stands inside a layer that no recurrent layer of torch's has, such as a LayerNorm."""
    modules = layer.named_modules() if isinstance(layer, nn.Module) else ()
    names = [
        f"{name} ({type(module).__name__})"
        for name, module in modules
        if type(module).__module__.startswith("torch.nn") and not isinstance(module, _FAMILIAR)
    ]
    return f"; torch's has no {', '.join(names[:4])}" if names else ""
