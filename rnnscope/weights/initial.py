"""Does a layer look as torch made it, or was it trained?

torch draws every parameter of a recurrent layer from the uniform distribution on ±1/sqrt(H_cell)
(``RNNBase.reset_parameters``). The numbers of a layer are told to be untrained where all lie in
that range and their distribution is uniform: the largest distance between the two cumulative
distributions (Kolmogorov and Smirnov) is below 1.95/sqrt(n), which uniform numbers exceed once in
a thousand times. Of fewer than 1,000 numbers nothing is said: training that moves each by 1 % of
the range leaves 1,000 inside with a probability of 0.995**1000, less than one in a hundred.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

import torch
from torch import Tensor

from rnnscope.config import RNNConfig

_LEAST = 1000  # numbers: of fewer, too many are evenly spread by chance
_BINS = 4096  # far finer than the distance that chance allows a million numbers
_ONCE_IN_A_THOUSAND = 1.95  # of the distribution of Kolmogorov, times sqrt(numbers)


class InitialRange:
    """Counts a layer's numbers over torch's initial range, tensor by tensor."""

    def __init__(self, config: RNNConfig) -> None:
        self.hidden_size = config.hidden_size
        self.bound = 1 / sqrt(config.hidden_size) if config.hidden_size else 0.0
        self.total = self.outside = 0
        self.rounding = torch.finfo(getattr(torch, config.dtype)).eps
        self._counts = torch.zeros(_BINS, dtype=torch.float64)

    def add(self, numbers: Tensor) -> None:
        """Count the numbers of one parameter; those of a complex one are not told apart."""
        real = torch.view_as_real(numbers) if numbers.is_complex() else numbers
        flat = real.reshape(-1).double()
        inside = flat.abs() <= self.bound * (1 + self.rounding)
        self.total += flat.numel()
        self.outside += int((~inside).sum())
        if self.bound:
            self._counts += torch.histc(flat[inside], _BINS, -self.bound, self.bound)

    def told(self) -> Iterator[str]:
        """The note that the layer was never trained, with its reason; nothing where it was."""
        if self.total < _LEAST or self.outside or self.distance >= self.threshold:
            return
        initial = f"torch's initial ±1/sqrt({self.hidden_size}) = ±{self.bound:.4g}"
        yield (
            f"looks never trained: all {self.total:,} numbers are within {initial} and evenly "
            f"spread: {self.distance:.2g} from uniform, where chance exceeds {self.threshold:.2g} "
            "once in 1,000"
        )

    @property
    def distance(self) -> float:
        """The largest distance from the uniform cumulative distribution, at the bins' ends."""
        seen = self._counts.cumsum(0) / self.total
        even = torch.arange(1, _BINS + 1, dtype=torch.float64) / _BINS
        return float((seen - even).abs().max())

    @property
    def threshold(self) -> float:
        """What uniform numbers exceed once in a thousand times, and the rounding of the dtype."""
        return _ONCE_IN_A_THOUSAND / sqrt(self.total) + self.rounding
