"""Why an axis is where it is and has its size: each Reason in words, with this layer's numbers."""

from __future__ import annotations

from rnnscope.axes import Reason
from rnnscope.config import RNNConfig

_WORDS = {
    Reason.BATCH_FIRST: "batch_first=True puts the batch axis first",
    Reason.BATCH_SECOND: "batch_first=False: time comes first, the batch second",
    Reason.STATE_BATCH_SECOND: "the batch is second in every state, batch_first or not",
    Reason.CELL_BATCH: "one row per sample; a cell has no time axis",
    Reason.TIME_FIRST: "batch_first=False: time comes first",
    Reason.TIME_SECOND: "batch_first=True: time comes second",
    Reason.TIME_UNBATCHED: "2-D input is one sequence without a batch axis",
    Reason.PACKED_STEPS: "the real steps of all sequences, padding left out",
    Reason.INPUT_FEATURES: "input_size={H_in}",
    Reason.OUTPUT_FEATURES: "one direction of {width}",
    Reason.OUTPUT_DIRECTIONS: "forward and backward side by side: 2 * {width}",
    Reason.STATE_SLOTS: "one slot per layer and direction: {D} * num_layers={num_layers}",
    Reason.STATE_WIDTH: "hidden_size={H_cell}",
    Reason.PROJECTED_WIDTH: "h is projected: proj_size={H_out}",
    Reason.CELL_STATE_WIDTH: "c is never projected: hidden_size={H_cell}",
    Reason.GATE_ROWS: "gate_size: {gates} x hidden_size={H_cell}",
    Reason.COLUMNS_INPUT: "reads x_t: input_size={H_in}",
    Reason.COLUMNS_BELOW: "reads the layer below: {D} x {width}",
    Reason.COLUMNS_STATE: "reads h_(t-1): {width}",
    Reason.PROJECTION_ROWS: "makes the projected h: proj_size={H_out}",
    Reason.PROJECTION_COLUMNS: "reads the full h: hidden_size={H_cell}",
}


def sentence(reason: Reason, config: RNNConfig) -> str:
    """One reason in words, without a final stop.

    >>> sentence(Reason.GATE_ROWS, RNNConfig("GRU", 10, 20))
    'gate_size: 3 x hidden_size=20'
    """
    width = "proj_size" if config.proj_size else "hidden_size"
    return _WORDS[reason].format(
        **config.sizes(), gates=config.gate_multiple, width=f"{width}={config.output_size}"
    )
