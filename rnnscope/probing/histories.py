"""What is learnt by watching alone, over several steps: gradients, states, optimizers, losses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import nn

from rnnscope.findings import Location
from rnnscope.probing.accumulation import Accumulation
from rnnscope.probing.data_parallel import Scatters
from rnnscope.probing.gradients import Gradients
from rnnscope.probing.requires_grad_typos import Freezes
from rnnscope.probing.states import StateTrails
from rnnscope.recording.layers import LayerCall


class Histories:
    """Every history of one watch, fed with what is recorded."""

    def __init__(self, built_at: Mapping[nn.Module, Location]) -> None:
        self.scatters = Scatters()
        self.trails = StateTrails()
        self.gradients = Gradients(built_at)
        self.accumulation = Accumulation()
        self.freezes = Freezes()

    def layer_returned(self, call: LayerCall) -> None:
        """A recurrent layer has run."""
        module, args, kwargs, result = call.module, call.args, call.kwargs, call.result
        self.freezes.called(call.outer)
        self.gradients.called(module, call.outer, call.outer_called_at)
        self.scatters.layer_called(call)
        self.trails.returned(module, args, kwargs, result)

    def outermost_returned(self, call: LayerCall) -> None:
        """The outermost module around it has run."""
        self.trails.model_returned(call.outer)

    def optimizer_steps(self, optimizer: torch.optim.Optimizer) -> None:
        """An optimizer is about to step: the gradients are those of the user's own backward."""
        self.gradients.stepping(optimizer)
        self.accumulation.stepping(optimizer)
        self.freezes.stepping(optimizer)

    def observed(self) -> Iterator[object]:
        """Everything that was learnt, in the order in which it is told."""
        yield from self.gradients.untrained()
        yield from self.freezes.seen
        yield from self.gradients.left_out()
        yield from self.trails.carried()
        yield from self.scatters.seen
        yield from self.accumulation.seen()
