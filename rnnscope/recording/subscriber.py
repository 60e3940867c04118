"""Subscriber: what may be heard of a recording."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from rnnscope.findings import Location
from rnnscope.recording.layers import LayerCall
from rnnscope.recording.tape import Tape


class Subscriber:
    """Who wants to hear what is recorded: override what is of interest.

    Called in the user's thread while rnnscope looks away from itself, with the user's own objects:
    look, never change. An exception in a subscriber is counted, and never reaches the program.
    """

    def constructed(
        self, kind: str, module: nn.Module, args: tuple[object, ...], kwargs: Mapping[str, object]
    ) -> None:
        """A recurrent layer was built."""

    def layer_returned(self, call: LayerCall) -> None:
        """A recurrent layer has run."""

    def outermost_returned(self, call: LayerCall) -> None:
        """The outermost module around this call, the last of a recurrent layer in it, has run."""

    def step_ended(self, tape: Tape) -> None:
        """A recorded step is over; parameters are as they were in it."""

    def optimizer_steps(self, optimizer: torch.optim.Optimizer) -> None:
        """An optimizer is about to step."""

    def batch_loaded(self, iterator: object, batch: object) -> None:
        """A DataLoader has handed out a batch."""

    def backward_begins(self, location: Location | None) -> None:
        """Gradients are about to be computed, recorded or not."""

    def gradients_cleared(self, owner: object) -> None:
        """``zero_grad`` of an optimizer or a module is about to run."""

    def optimizer_built(self, optimizer: torch.optim.Optimizer) -> None:
        """An optimizer was built."""

    def scattered(
        self, module: nn.Module, args: tuple[object, ...], kwargs: Mapping[str, object]
    ) -> None:
        """An nn.DataParallel was built."""
