"""One backward pass through a replay: which parts of each slot does the loss read?"""

from __future__ import annotations

import warnings
from collections.abc import Iterable

import torch

from rnnscope.aside import aside
from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.replay import ReplayError, replay
from rnnscope.recording.tape import Tape


def gradients(laboratory: Laboratory, slots: Iterable[int]) -> dict[int, torch.Tensor] | None:
    """The gradient of the loss with respect to each slot; a slot that is not read has none.

    Parameters are stood in for by tensors of the same memory, so that no hook of the user's runs.
    """
    tape = laboratory.tape
    if tape.loss is None:
        return None
    state = torch.default_generator.get_state()
    with aside(), torch._C.DisableTorchFunction(), warnings.catch_warnings(), torch.enable_grad():
        warnings.simplefilter("ignore")
        try:
            return _gradients(laboratory, tape, tuple(slots))
        except (ReplayError, RuntimeError):
            return None
        finally:
            torch.default_generator.set_state(state)


def _gradients(
    laboratory: Laboratory, tape: Tape, slots: tuple[int, ...]
) -> dict[int, torch.Tensor]:
    stand_ins = {
        slot: value.detach().requires_grad_()
        for slot in tape.parameters
        if (value := tape.values[slot]) is not None and value.requires_grad
    }
    run = replay(tape, stand_ins, laboratory.base)
    loss = run.value(tape.loss) if tape.loss is not None else None
    wanted = {s: v for s in slots if (v := run.values.get(s)) is not None and v.requires_grad}
    if loss is None or not loss.requires_grad or not wanted:
        return {}
    found = torch.autograd.grad(loss.sum(), list(wanted.values()), allow_unused=True)
    return {slot: g for slot, g in zip(wanted, found, strict=True) if g is not None}
