"""One forward pass on a tape, with nothing of a watch around it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from rnnscope.recording.functions import (
    OVERWRITES,
    Kind,
    changed_by,
    changed_secretly,
    kind_of,
    name_of,
    versions,
)
from rnnscope.recording.tape import Tape
from rnnscope.recording.writing import Writer


class Taping(TorchFunctionMode):
    """Writes every torch call on a tape while it is entered; ``inputs`` are its first sources."""

    def __init__(self, inputs: Any) -> None:
        super().__init__()
        self.writer = Writer(0)
        self.writer.encode(inputs)

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs, kind = kwargs or {}, kind_of(func)
        if kind in (Kind.LOOK, Kind.BACKWARD):
            return func(*args, **kwargs)
        if kind is Kind.READ:
            numbers = [self.writer.known(v) for v in args if isinstance(v, Tensor)]
            self.writer.looked_at.update(n for n in numbers if n is not None)
            return func(*args, **kwargs)
        return self._call(func, kind, args, kwargs)

    def _call(self, func: Any, kind: Kind, args: Any, kwargs: Any) -> Any:
        writer, name = self.writer, name_of(func)
        with torch._C.DisableTorchFunction():
            target = changed_by(name, args, kwargs)
            if target is not None:
                writer.slot(target)
                if name not in OVERWRITES:
                    writer.keep_before_change(target)
            encoded = (writer.encode(args), writer.encode(kwargs))
            drawn = kind in (Kind.DRAW, Kind.KERNEL)
            random = torch.default_generator.get_state() if drawn else None
            known = versions(args, kwargs)
        result = func(*args, **kwargs)
        with torch._C.DisableTorchFunction():
            if changed_secretly(name, known, args, kwargs):
                writer.lost[f"{name} changes what it is given"] = None
            else:
                writer.add(name, func, args, kwargs, encoded, result, None, kind, random, None)
        return result

    @property
    def tape(self) -> Tape:
        """Everything that was called, frozen."""
        return self.writer.tape(None)
