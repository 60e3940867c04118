"""Why an axis is where it is and has its size: each Reason in words, with this layer's numbers."""

from __future__ import annotations

from rnnscope.axes import Reason, Role
from rnnscope.config import RNNConfig

_WORDS = {
    Reason.BATCH_FIRST: "batch_first=True: the batch comes first",
    Reason.BATCH_SECOND: "batch_first=False: the batch is second",
    Reason.STATE_BATCH_SECOND: "always second, batch_first or not",
    Reason.CELL_BATCH: "one row per sample, no time axis",
    Reason.TIME_FIRST: "batch_first=False: time comes first",
    Reason.TIME_SECOND: "batch_first=True: time comes second",
    Reason.TIME_UNBATCHED: "2-D input: one sequence, no batch",
    Reason.PACKED_STEPS: "real steps of all samples, no padding",
    Reason.INPUT_FEATURES: "input_size={H_in}",
    Reason.OUTPUT_FEATURES: "{width}, one direction",
    Reason.OUTPUT_DIRECTIONS: "[forward|backward] of {width}",
    Reason.STATE_SLOTS: "D={D} x num_layers={num_layers}",
    Reason.STATE_WIDTH: "hidden_size={H_cell}",
    Reason.PROJECTED_WIDTH: "h is projected: proj_size={H_out}",
    Reason.CELL_STATE_WIDTH: "c is never projected: hidden_size={H_cell}",
    Reason.GATE_ROWS: "{gates}hidden_size={H_cell}",
    Reason.COLUMNS_INPUT: "reads x_t: input_size={H_in}",
    Reason.COLUMNS_BELOW: "reads the layer below: {D} x {width}",
    Reason.COLUMNS_STATE: "reads h_(t-1): {width}",
    Reason.PROJECTION_ROWS: "makes the projected h: proj_size={H_out}",
    Reason.PROJECTION_COLUMNS: "reads the full h: hidden_size={H_cell}",
}


def sentence(reason: Reason, config: RNNConfig) -> str:
    """One reason in words, without a final stop.

    >>> sentence(Reason.GATE_ROWS, RNNConfig("GRU", 10, 20))
    '3 gates x hidden_size=20'
    """
    width = "proj_size" if config.proj_size else "hidden_size"
    gates = f"{config.gate_multiple} gates x " if config.gate_multiple > 1 else ""
    return _WORDS[reason].format(
        **config.sizes(), gates=gates, width=f"{width}={config.output_size}"
    )


def role_words(role: Role, config: RNNConfig) -> str:
    """The role of an axis; the rows of a plain RNN, which has no gates, are those of h."""
    plain = role is Role.GATES and config.gate_multiple == 1
    return "hidden" if plain else str(role)
