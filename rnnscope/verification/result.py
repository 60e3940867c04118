"""What a verification found out: the verdict, the evidence, and the conversions of weights."""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rnnscope.config import RNNConfig
from rnnscope.errors import TargetError
from rnnscope.findings import Finding
from rnnscope.subjects.comparison import ComparisonResult, Difference
from rnnscope.verification.mapping import Mapping

if TYPE_CHECKING:
    from torch import Tensor

    from rnnscope.verification.behaviour import Check
    from rnnscope.verification.measuring import Differences, Speed


@dataclass(frozen=True)
class Verification:
    """A hand-written layer held against ``like``.

    ``same`` is the verdict. ``mapping`` is None when no function could be recognised; ``measured``
    holds the largest differences after torch's weights were copied in, and is None where the layer
    is no torch layer. ``calling`` says in words how the layer is called.
    """

    target: str
    like: RNNConfig
    likeness: ComparisonResult
    findings: tuple[Finding, ...]
    calling: str | None = None
    checks: tuple[Check, ...] = ()
    mapping: Mapping | None = None
    computes: str | None = None
    measured: Differences | None = None
    speed: Speed | None = None
    precision: str = "float64"
    own: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def same(self) -> bool:
        """True when the layer is the same function as ``like``."""
        return self.measured is not None and not self.counted

    @property
    def counted(self) -> tuple[Finding, ...]:
        """The findings that make the two different."""
        return tuple(f for f in self.findings if f.severity.counts)

    @property
    def verdict(self) -> str:
        """ "same" or "different"."""
        return "same" if self.same else "different"

    @property
    def difference(self) -> float | None:
        """The largest difference of outputs, states and gradients; None without a mapping."""
        return self.measured.largest if self.measured else None

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Everything that was seen to differ, conventions included."""
        return self.likeness.differences

    def to_torch(self, state_dict: Dictionary[str, Tensor]) -> dict[str, Tensor]:
        """torch's weights that compute what the layer's do, for ``nn.LSTM(…).load_state_dict``.

        Where the layer has one bias for torch's two, it goes into the first and the second is zero.
        Raises TargetError without a mapping.
        """
        mapping = self._known()
        lacking = [p.parameter for p in mapping.placements if p.parameter not in state_dict]
        if lacking:
            raise TargetError(
                f"the state_dict has no {lacking[0]!r}: give that of {self.target}, which has "
                f"{', '.join(p.parameter for p in mapping.placements)}."
            )
        weights = mapping.to_torch(state_dict)
        if not self.like.single_step:
            return weights
        return {name.removesuffix("_l0"): value for name, value in weights.items()}

    def from_torch(self, state_dict: Dictionary[str, Tensor]) -> dict[str, Tensor]:
        """The layer's weights that compute what torch's do, for ``load_state_dict``.

        torch's two biases are added where the layer has one. Raises TargetError without a mapping.
        """
        mapping = self._known()
        weights = dict(state_dict)
        if self.like.single_step:
            weights = {f"{name.removesuffix('_l0')}_l0": v for name, v in weights.items()}
        lacking = [name for name, _ in mapping.shapes if name not in weights]
        if lacking:
            raise TargetError(
                f"the state_dict has no {lacking[0]!r}: give that of {self.like}, which has "
                f"{', '.join(name for name, _ in mapping.shapes)}."
            )
        return mapping.from_torch(weights, self.own)

    def _known(self) -> Mapping:
        if self.mapping is None:
            raise TargetError(
                f"no mapping of {self.target} is known: it was not recognised as {self.like.kind}."
            )
        return self.mapping

    def to_dict(self) -> dict[str, Any]:
        """The keys of a verification in the JSON schema."""
        measured, mapping = self.measured, self.mapping
        return {
            "target": self.target,
            "verdict": self.verdict,
            "difference": self.difference,
            "differences": None
            if measured is None
            else {
                "outputs": measured.outputs,
                "states": measured.states,
                "gradients": measured.gradients,
            },
            "computes": self.computes,
            "calling": self.calling,
            "checks": [
                {
                    "text": c.text,
                    "passed": c.passed,
                    "seen": c.difference.text if c.difference else None,
                }
                for c in self.checks
            ],
            "mapping": list(mapping.lines()) if mapping else None,
            "speed": None
            if self.speed is None
            else {"seconds": self.speed.ours, "torch_seconds": self.speed.theirs},
        }
