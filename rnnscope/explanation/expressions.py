"""Expressions in Python about one layer and one call: what claims and recipes are written with.

The tensors have torch's names. Besides them the expressions may use ``rnn`` (the layer), and what
``claim_checker`` adds: ``first_layers``, ``seq_first``, ``one_bias``, ``gate_by_gate``,
``sample``, and ``padded`` and ``lengths`` of a packed output.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rnnscope.call import Call
from rnnscope.config import RNNConfig


@dataclass(frozen=True, slots=True)
class Code:
    """Writes expressions for a layer: indices by its layout, states as it takes them."""

    config: RNNConfig
    call: Call

    @property
    def width(self) -> int:
        return self.config.output_size

    @property
    def halves(self) -> tuple[str, ...]:
        """The columns of each direction in output: ``:20`` and ``20:``, or none to choose."""
        return (f":{self.width}", f"{self.width}:") if self.config.bidirectional else ("",)

    @property
    def lstm(self) -> bool:
        return len(self.config.cell.states) > 1

    def run(self, input: str = "input", states: str = "", layer: str = "rnn") -> str:
        """A call; ``states`` is the index of the states that belong to this input."""
        if not self.call.states_given:
            return f"{layer}({input})"
        names = [f"{letter}_0{states}" for letter in self.config.cell.states]
        given = f"({', '.join(names)})" if self.lstm else names[0]
        return f"{layer}({input}, {given})"

    def after(self, call: str, letter: str = "h") -> str:
        """The final state of a call: ``call[1][0]`` for an LSTM's h, ``call[1]`` for a GRU's."""
        if self.config.single_step:
            return f"{call}[{self.config.cell.states.index(letter)}]" if self.lstm else call
        return f"{call}[1][{self.config.cell.states.index(letter)}]" if self.lstm else f"{call}[1]"

    def at(self, tensor: str, step: str, columns: str = "") -> str:
        """The rows of one step of a sequence, wherever its time axis is."""
        if not self.call.batched:
            return f"{tensor}[{step}, {columns}]" if columns else f"{tensor}[{step}]"
        if self.config.batch_first:
            return f"{tensor}[:, {step}, {columns}]" if columns else f"{tensor}[:, {step}]"
        return f"{tensor}[{step}, :, {columns}]" if columns else f"{tensor}[{step}]"

    def samples(self, tensor: str, index: str) -> str:
        """Some samples of a batched sequence, wherever its batch axis is."""
        return f"{tensor}[{index}]" if self.config.batch_first else f"{tensor}[:, {index}]"

    def one_of_padded(self, sample: int, step: int, columns: str = "") -> str:
        """One step of one sample of the padded output."""
        place = f"{sample}, {step}" if self.config.batch_first else f"{step}, {sample}"
        return f"padded[{place}, {columns}]" if columns else f"padded[{place}]"


def helpers_in(text: str) -> dict[str, str]:
    """The helpers that an expression uses, and what each is."""
    return {name: what for name, what in HELPERS.items() if re.search(rf"\b{name}\b", text)}


# What the expressions use besides the layer and its tensors, as the legend under the checks says.
HELPERS = {
    "first_layers": "the first layers alone, a torch layer with the same weights",
    "seq_first": "a torch layer with the same weights and batch_first=False",
    "one_bias": "a torch layer whose bias_hh is moved into bias_ih (a GRU's: in r and z)",
    "gate_by_gate": "the lines of the cell, computed as they are printed",
    "sample": "the real steps of one sample, unpadded",
    "padded": "pad_packed_sequence(output)",
}
