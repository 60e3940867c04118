"""One forward pass on a tape, with nothing of a watch around it."""

from __future__ import annotations

from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from rnnscope.recording.functions import Kind, known_as
from rnnscope.recording.tape import Tape
from rnnscope.recording.writing import Writer


class Taping(TorchFunctionMode):
    """Writes every torch call on a tape while it is entered; ``inputs`` are its first sources."""

    def __init__(self, inputs: Any) -> None:
        super().__init__()
        self.writer = Writer(0)
        self.writer.encode(inputs, [])

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs, known = kwargs or {}, known_as(func)
        if known.kind in (Kind.LOOK, Kind.BACKWARD):
            return func(*args, **kwargs)
        if known.kind is Kind.READ:
            self.writer.read(args)
            return func(*args, **kwargs)
        with torch._C.DisableTorchFunction():
            draws = known.kind in (Kind.DRAW, Kind.KERNEL)
            call = self.writer.begin(func, known, args, kwargs, draws)
        result = func(*args, **kwargs)
        with torch._C.DisableTorchFunction():
            if self.writer.end(call, result):
                self.writer.lose(call)
        return result

    @property
    def tape(self) -> Tape:
        """Everything that was called, frozen."""
        return self.writer.tape(None)
