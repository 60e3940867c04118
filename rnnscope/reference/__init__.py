"""RNN, LSTM and GRU from scratch: to read, and to prove torch's layers by.

    cells       one time step of each cell: start reading here
    stack       over time, in both directions, through the layers, with packed sequences
    equation_interpreter
                the same step said aloud: every product and every line, for a listener
    layer       one call of a whole layer: padded, packed, unbatched, or a cell's single step
    module      ReferenceRNN: torch's names and torch's parameters around it
    agreement   disagreement(): how far the reference is from the real layer

The only package besides measurement and the live modules that imports torch when it is loaded.
"""

from __future__ import annotations

from rnnscope.config import RNNConfig
from rnnscope.equations import equations_of
from rnnscope.reference.agreement import (
    TOLERANCES,
    disagreement,
    largest_difference,
    reference_of,
)
from rnnscope.reference.equation_interpreter import Listener, Operand, Step, gates_of
from rnnscope.reference.module import ReferenceRNN

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "TOLERANCES",
    "GRUCell",
    "LSTMCell",
    "Listener",
    "Operand",
    "RNNCell",
    "ReferenceRNN",
    "Step",
    "disagreement",
    "equations_of",
    "gates_of",
    "largest_difference",
    "reference_of",
]


class _Named(ReferenceRNN):
    """A reference made as its torch class is: ``LSTM(10, 20, num_layers=2)``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(RNNConfig.of_arguments(type(self).__name__, *args, **kwargs))

    def extra_repr(self) -> str:
        """The arguments alone: the class has the name already."""
        return super().extra_repr().partition("(")[2].removesuffix(")")


class RNN(_Named):
    """Stands in for ``torch.nn.RNN``."""


class LSTM(_Named):
    """Stands in for ``torch.nn.LSTM``."""


class GRU(_Named):
    """Stands in for ``torch.nn.GRU``."""


class RNNCell(_Named):
    """Stands in for ``torch.nn.RNNCell``."""


class LSTMCell(_Named):
    """Stands in for ``torch.nn.LSTMCell``."""


class GRUCell(_Named):
    """Stands in for ``torch.nn.GRUCell``."""
