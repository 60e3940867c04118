"""Usage: which elements of a slot does a result read? One backward in a replay says.

A gradient of exactly zero is a hint only: a unit may be dead, a head may begin at zero, a detached
value has none. Other parameters are tried as well, and other values in what seems unread must
leave everything as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.replay import ReplayError, Run, Value, quietly, replay
from rnnscope.recording.nest import map_tensors
from rnnscope.recording.tape import Call

_NOISE = 0.5  # of the size of a parameter: enough to wake a dead unit, too little to saturate
_LEAST = 0.05  # where all of it is zero


@dataclass(frozen=True, slots=True)
class Usage:
    """A run in which every element of some slots, and every parameter, is asked for its gradient.

    Further backward passes through it cost a share of the run each.
    """

    run: Run
    probes: dict[int, Value]
    parameters: dict[int, Value]

    def gradients(self, goals: Collection[int]) -> dict[int, Value]:
        """What these slots have from each probe and each parameter; nothing where they have none.

        Raises ReplayError where no gradient can be computed.
        """
        asked = {**self.probes, **self.parameters}
        try:
            with quietly(), torch.inference_mode(False), torch.enable_grad():
                ends = [end for end in map(self.run.value, goals) if end is not None]
                weighed = [_weighed(end) for end in ends if end.requires_grad]
                if not weighed:
                    return {}
                found = torch.autograd.grad(
                    torch.stack(weighed).sum(), list(asked.values()), None, True, allow_unused=True
                )
        except RuntimeError as error:
            raise ReplayError(f"gradients: {error}") from error
        return {slot: grad for slot, grad in zip(asked, found, strict=True) if grad is not None}


def usage(laboratory: Laboratory, slots: Sequence[int], draw: int = 0) -> Usage | None:
    """A run with these slots probed, with other parameters in every draw but the first.

    None where that is impossible. Raises OutOfBudgetError.
    """
    tape = laboratory.tape
    values = {slot: laboratory.value(slot) for slot in (*slots, *tape.parameters)}
    floats = {s: v for s, v in values.items() if v is not None and v.is_floating_point()}
    try:
        with laboratory.counted(), torch.inference_mode(False):
            probes = {s: torch.zeros_like(floats[s]).requires_grad_() for s in slots if s in floats}
            parameters = {s: _drawn(v, draw) for s, v in floats.items() if s not in probes}
            run = replay(tape, parameters, laboratory.base, adapt=_ordinary, probes=probes)
            laboratory.replays += 1
    except (ReplayError, RuntimeError):
        return None
    return Usage(run, probes, parameters)


def _ordinary(call: Call, args: Any, kwargs: Any) -> tuple[Any, Any]:
    """Copies of what was made in inference mode, which takes part in no backward."""

    def copied(value: Value) -> Value:
        return value.clone() if value.is_inference() else value

    return map_tensors(args, copied), map_tensors(kwargs, copied)


def _drawn(value: Value, draw: int) -> Value:
    """A copy of a parameter; with noise, unless this is the first draw."""
    new = value.detach().clone()
    if draw:
        noise = torch.randn(value.shape, generator=torch.Generator().manual_seed(draw))
        new += noise.to(new) * (_NOISE * new.square().mean().sqrt() + _LEAST)
    return new.requires_grad_()


def _weighed(value: Value) -> Value:
    """One number of a tensor in which its elements cannot cancel, as those of a softmax would."""
    weights = torch.rand(value.shape, generator=torch.Generator().manual_seed(1))
    return (value * (weights + 0.5).to(value)).sum()
