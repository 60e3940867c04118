"""Are gradients added to those of the step before, because nobody cleared them?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary, ref

import torch

from rnnscope.findings import Location
from rnnscope.subjects.facts import GradientsKept

_FEWEST = 2  # steps in a row: a program may skip one on purpose
_LOOKS = 8  # steps of one optimizer that are looked at


@dataclass(slots=True)
class _Optimizer:
    """What the gradients were when it stepped last, and what became of them since."""

    kept: ref[torch.Tensor] | None = None
    pending: bool = False  # the first backward since then found them as they were
    waiting: bool = False  # no backward since it stepped
    steps: int = 0
    looks: int = 0
    location: Location | None = None


@dataclass(slots=True)
class Accumulation:
    """Watches the gradients of each optimizer from one step to the next backward."""

    _optimizers: WeakKeyDictionary[torch.optim.Optimizer, _Optimizer] = field(
        default_factory=WeakKeyDictionary
    )

    def backward(self, location: Location | None) -> None:
        """Gradients are about to be computed."""
        for known in tuple(self._optimizers.values()):
            if known.waiting:
                gradient = known.kept() if known.kept is not None else None
                known.pending = gradient is not None and bool((gradient != 0).any())
                known.waiting, known.location = False, location

    def cleared(self, optimizer: torch.optim.Optimizer) -> None:
        """Gradients of an optimizer, or of a module, were cleared."""
        known = self._optimizers.get(optimizer)
        if known is not None:
            known.pending = known.waiting = False

    def cleared_modules(self) -> None:
        """Gradients of some module were cleared: of which parameters is not asked."""
        for known in tuple(self._optimizers.values()):
            known.pending = known.waiting = False

    def stepping(self, optimizer: torch.optim.Optimizer) -> None:
        """An optimizer is about to step."""
        known = self._optimizers.setdefault(optimizer, _Optimizer())
        if known.looks >= _LOOKS or known.steps >= _FEWEST:
            return
        known.looks += 1
        gradient = _gradient(optimizer)
        same = known.kept is not None and gradient is not None and known.kept() is gradient
        known.steps = known.steps + 1 if known.pending and same else 0
        known.kept = ref(gradient) if gradient is not None else None
        known.waiting, known.pending = gradient is not None, False

    def seen(self) -> Iterator[GradientsKept]:
        """Every optimizer that stepped with the gradients of earlier steps added."""
        for optimizer, known in self._optimizers.items():
            if known.steps >= _FEWEST:
                yield GradientsKept(type(optimizer).__name__, known.location)


def _gradient(optimizer: torch.optim.Optimizer) -> torch.Tensor | None:
    """The gradient of the first parameter that has one which is not zero."""
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            gradient = parameter.grad
            if gradient is not None and not gradient.is_sparse and bool((gradient != 0).any()):
                return gradient  # type: ignore[no-any-return]
    return None
