"""The steps of one thread: what is written of each, where one ends, and which are recorded."""

from __future__ import annotations

from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from rnnscope.recording.functions import Function, Kind
from rnnscope.recording.layers import mode_of
from rnnscope.recording.loading import is_shuffling, sample_axis
from rnnscope.recording.mode import Mode
from rnnscope.recording.nest import tensors_in
from rnnscope.recording.pace import CALLS, Pace
from rnnscope.recording.running import Running
from rnnscope.recording.tape import Place
from rnnscope.recording.user_code import caller, here, place_of
from rnnscope.recording.writing import Begun, Writer

if TYPE_CHECKING:
    from rnnscope.recording.recorder import Recorder


class Before(NamedTuple):
    """What is known of a call before it runs, and where it was made."""

    call: Begun
    place: Place | None
    layer: FrameType | None  # the forward of a recurrent layer of torch's own
    training: bool | None  # of the module that calls it, where the mode may decide


class Steps:
    """Told by its mode of every call, and by the recorder of all else."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.entered = 0
        self.mode = Mode(self)
        self.pace = Pace(recorder.every_step, recorder.limit)
        self.writer = Writer(0)
        self._running = Running(recorder.emit)
        self._calls = 0

    @property
    def heard(self) -> bool:
        """True while anybody listens."""
        return bool(self.recorder.subscribers)

    # ---- one call --------------------------------------------------------------------------------

    def before(
        self, func: Any, known: Function, args: Any, kwargs: Any, frame: FrameType
    ) -> Before | None:
        """A function is about to run, called in this frame; None: do not record it."""
        who = caller(frame)
        if who.optimizer:
            return None
        try:
            with torch._C.DisableTorchFunction():
                if self._running.settle(frame):
                    self._look_is_over()
                if known.kind is Kind.READ:
                    self.writer.read(args)
                    return None
                place = place_of(who.frame) if who.frame is not None else None
                draws = known.kind is Kind.DRAW
                if known.kind is Kind.KERNEL and who.layer is not None:
                    self._running.begin(who.layer, place)
                    draws = self._running.draws
                training = mode_of(frame) if known.kind is Kind.DRAW else None
                begun = self.writer.begin(func, known, args, kwargs, draws)
                return Before(begun, place, who.layer, training)
        except Exception as error:
            self.recorder.failed("recording", error)
            return None

    def after(self, before: Before, result: Any) -> None:
        """The function has returned."""
        try:
            with torch._C.DisableTorchFunction():
                self._write(*before, result)
        except Exception as error:
            self.recorder.failed(before.call.known.name, error)

    def _write(
        self,
        call: Begun,
        place: Place | None,
        frame: FrameType | None,
        training: bool | None,
        res: Any,
    ) -> None:
        is_kernel = call.known.kind is Kind.KERNEL
        layer = self._running.end(frame, is_kernel, call.args, res, self.recorder.built_at)
        secretly = self.writer.end(call, res, place, layer, training)
        if any(map(self.writer.is_made, secretly)):
            self.writer.lose(call)
        if secretly:
            return  # gradients that are clipped, say: no part of the step, and never done again
        if self.writer.full:
            self._give_up()

    # ---- steps -----------------------------------------------------------------------------------

    def batch(self, iterator: object, batch: object) -> None:
        """The tensors of a batch are sources, however the loader made them."""
        for tensor in tensors_in(batch):
            slot, axis = self.writer.slot(tensor), sample_axis(iterator, tensor)
            self.writer.batches.add(slot)
            if axis is not None:
                self.writer.sample_axes[slot] = axis
        self.writer.shuffled |= is_shuffling(iterator)
        self.writer.loaded_at = here(1)

    def boundary(self) -> None:
        """Something begins that has nothing to do with what ran before, unless it was training."""
        if not self.mode.active or self.writer.trained or not self.writer.has_layers:
            return
        self.end_step(None)
        if not self.pace.next_inference():
            self.mode.sleep()

    def end_step(self, tensors: object) -> None:
        """Hand the tape on."""
        with torch._C.DisableTorchFunction():
            self._running.settle(None)
            self._running.returned = 0
            writer, self.writer = self.writer, Writer(self.pace.steps + 1)
            if not self.mode.active or not writer.calls:
                return
            loss = tensors[0] if isinstance(tensors, (tuple, list)) and tensors else tensors
            tape = writer.tape(loss if isinstance(loss, torch.Tensor) else None)
            self._calls = len(tape.calls)
            self.recorder.emit("step_ended", tape)
            if tape.loss is not None and not tape.steps_over_time:
                self.pace.let_go()

    def next_step(self) -> None:
        """Record the step that begins, or not."""
        if self.pace.next_step(self.mode.active, self._calls):
            self.wake()
        else:
            self.mode.sleep()

    def wake(self) -> None:
        """Record from here on, in a new step unless one is under way."""
        if self.mode.wake():
            self.writer = Writer(self.pace.steps)

    def leave(self) -> None:
        """The thread is recorded no longer; what was recorded last is handed on."""
        self.end_step(None)
        self.entered -= 1
        if self.entered == 0:
            self.mode.sleep()
            self.mode.gone = True

    def _look_is_over(self) -> None:
        """After so many layers without gradients the inference loop has been seen."""
        if torch.is_grad_enabled() or self._running.returned < CALLS:
            return
        self.end_step(None)
        if not self.pace.next_inference():
            self.mode.sleep()

    def _give_up(self) -> None:
        self.writer = Writer(self.pace.steps)
        self.recorder.failed("a step too large to be recorded")
        self.mode.sleep()
