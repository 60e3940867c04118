"""Verified: a Verification that prints itself; the verdict first, then the evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnnscope.call import Call
from rnnscope.formats import known_format, render
from rnnscope.prediction import predict
from rnnscope.report import Report
from rnnscope.results import LayerResult
from rnnscope.verification.result import Verification

if TYPE_CHECKING:
    from rich.console import RenderableType
    from torch import Tensor

_DRAWN = ("terminal", "full", "markdown", "html")


@dataclass(frozen=True, repr=False)
class Verified(Report):
    """What ``rnnscope.verify`` returns: verdict, findings, and the weights' way there and back.

    ``same`` is the verdict and ``difference`` the largest difference from torch's layer.
    """

    verification: Verification | None = None

    @classmethod
    def of(cls, verification: Verification, torch: str | None = None) -> Verified:
        """The same verification, able to print itself."""
        facts = predict(verification.like, Call())
        return cls((LayerResult(facts),), verification.findings, torch, verification=verification)

    @property
    def found(self) -> Verification:
        """The verification itself."""
        assert self.verification is not None
        return self.verification

    @property
    def same(self) -> bool:
        """True when the layer is the same function."""
        return self.found.same

    @property
    def ok(self) -> bool:
        """True when the layer is the same function."""
        return self.same

    @property
    def verdict(self) -> str:
        """ "same" or "different"."""
        return self.found.verdict

    @property
    def difference(self) -> float | None:
        """The largest difference of outputs, states and gradients; None without a mapping."""
        return self.found.difference

    @property
    def mapping(self) -> tuple[str, ...] | None:
        """What each parameter holds, a line each, as ``--map`` reads it."""
        return self.found.mapping.lines() if self.found.mapping else None

    def to_torch(self, state_dict: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """torch's weights that compute what the layer's do. Raises TargetError."""
        return self.found.to_torch(state_dict)

    def from_torch(self, state_dict: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The layer's weights that compute what torch's do. Raises TargetError."""
        return self.found.from_torch(state_dict)

    def to_dict(self) -> dict[str, Any]:
        """The JSON object: the layer that was meant, the findings, verdict and evidence."""
        return {**super().to_dict(), **self.found.to_dict()}

    def to_text(self, format: str = "terminal", width: int = 80) -> str:
        """The verification in one of the formats. Raises UnknownNameError."""
        name = known_format(format)
        if name not in _DRAWN:
            return render(self, name, width)
        from rnnscope.formats import verified

        if name == "html":
            return verified.page(self.found, self)
        return verified.render(self.found, name, width)

    def __rich__(self) -> RenderableType:
        from rnnscope.formats.verified import renderable

        return renderable(self.found)

    def in_full(self) -> RenderableType:
        """What rich prints: a verification has only one length."""
        return self

    def in_a_line(self) -> str:
        """Such as ``MyLSTM, LSTM(10, 20): same``."""
        return f"{self.found.target}, {self.found.like}: {self.verdict}"
