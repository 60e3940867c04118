"""predict(config, call): every parameter and tensor by symbols alone, without torch.

Source of the shapes: "Inputs", "Outputs" and "Variables" of ``torch.nn.RNN``, ``LSTM``, ``GRU`` and
the three cells in the PyTorch documentation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from rnnscope.axes import Axes, Axis, Reason, Role, Size
from rnnscope.call import Call
from rnnscope.cells import KINDS
from rnnscope.config import ITEM_BYTES, RNNConfig
from rnnscope.errors import CallError, ConfigError
from rnnscope.facts import GateRows, LayerFacts, PackedFact, ParameterFact, StateSlot, TensorFact

DIRECTIONS = ("forward", "backward")
# Each has parameters of its own in the answer; more would take minutes to make and to print.
MOST_SLOTS = 10_000


def predict(config: RNNConfig, call: Call | None = None) -> LayerFacts:
    """Predict all facts of one call of a layer from its options alone.

    Raises ConfigError for more layers than can be listed, CallError for a cell with lengths.

    >>> from rnnscope.config import RNNConfig
    >>> facts = predict(RNNConfig("LSTM", 10, 20, num_layers=2, bidirectional=True))
    >>> facts.parameter_count, str(facts.tensor("h_n").axes)
    (15040, '(D*num_layers, N, H_out) = (4, 3, 20)')
    """
    slots = config.num_layers * config.directions
    if slots > MOST_SLOTS:
        allowed = f"rnnscope lists at most {MOST_SLOTS:,} layers and directions"
        raise ConfigError("num_layers", config.num_layers, allowed)
    if call is not None and call.packed:
        check_packs(config)
    return _facts(config, call or Call())


def check_packs(config: RNNConfig) -> None:
    """Refuse lengths to a cell. Raises CallError."""
    if config.single_step:
        raise CallError(
            f"lengths are not possible with {config.kind}: a cell computes one step and takes no "
            f"packed sequences. Leave them out, or use {config.cell.name}."
        )


@lru_cache(128)
def _facts(config: RNNConfig, call: Call) -> LayerFacts:
    return LayerFacts(
        config=config,
        call=call,
        parameters=tuple(_parameters(config)),
        tensors=tuple(_tensors(config, call)),
        slots=tuple(_slots(config)),
        packed=_packed(config, call),
        macs=multiply_accumulates(config, call),
    )


def _axes(sizes: Mapping[str, int], *parts: tuple[str, Role, Reason]) -> Axes:
    return Axes(tuple([Axis(role, Size.of(symbol, sizes), why) for symbol, role, why in parts]))


def _parameters(config: RNNConfig) -> Iterator[ParameterFact]:
    lowest = _weight_axes(config, 0)
    above = _weight_axes(config, 1) if config.num_layers > 1 else {}
    for layer in range(config.num_layers):
        for direction in DIRECTIONS[: config.directions]:
            for stem, axes in (above if layer else lowest).items():
                yield _parameter(config, stem, layer, direction, axes)


def _weight_axes(config: RNNConfig, layer: int) -> dict[str, Axes]:
    """The axes of every parameter of a layer: all layers above the first are alike."""
    multiple = config.gate_multiple
    rows = ("H_cell" if multiple == 1 else f"{multiple}*H_cell", Role.GATES, Reason.GATE_ROWS)
    below = (
        ("H_in", Role.FEATURE, Reason.COLUMNS_INPUT)
        if layer == 0
        else ("D*H_out", Role.FEATURE, Reason.COLUMNS_BELOW)
    )
    before = ("H_out", Role.FEATURE, Reason.COLUMNS_STATE)
    parts: dict[str, tuple[tuple[str, Role, Reason], ...]] = {
        "weight_ih": (rows, below),
        "weight_hh": (rows, before),
    }
    if config.bias:
        parts |= {"bias_ih": (rows,), "bias_hh": (rows,)}
    if config.proj_size:
        parts["weight_hr"] = (
            ("H_out", Role.FEATURE, Reason.PROJECTION_ROWS),
            ("H_cell", Role.FEATURE, Reason.PROJECTION_COLUMNS),
        )
    sizes = config.sizes()
    return {stem: _axes(sizes, *axes) for stem, axes in parts.items()}


def _parameter(
    config: RNNConfig, stem: str, layer: int, direction: str, axes: Axes
) -> ParameterFact:
    stacked = stem != "weight_hr"
    suffix = "_reverse" if direction == "backward" else ""
    return ParameterFact(
        name=stem if config.single_step else f"{stem}_l{layer}{suffix}",
        axes=axes,
        layer=layer,
        direction=direction,
        gate_multiple=config.gate_multiple if stacked else None,
        rows=_gate_rows(config.kind, config.hidden_size, stem) if stacked else (),
        dtype=config.dtype,
        nbytes=axes.numel * ITEM_BYTES[config.dtype],
    )


@lru_cache(128)
def _gate_rows(kind: str, height: int, stem: str) -> tuple[GateRows, ...]:
    block = f"{'W' if stem.startswith('weight') else 'b'}_{stem[-2]}"
    return tuple(
        GateRows(block + gate.letter, gate, position * height, (position + 1) * height)
        for position, gate in enumerate(KINDS[kind].cell.gates)
    )


def _tensors(config: RNNConfig, call: Call) -> Iterator[TensorFact]:
    states = {state: _state_axes(config, call, state) for state in config.cell.states}
    final = "1" if config.single_step else "n"
    yield TensorFact("input", _sequence_axes(config, call, "input"), config.dtype)
    for state, axes in states.items():
        yield TensorFact(f"{state}_0", axes, config.dtype, given=call.states_given)
    if not config.single_step:
        yield TensorFact("output", _sequence_axes(config, call, "output"), config.dtype)
    for state, axes in states.items():
        yield TensorFact(f"{state}_{final}", axes, config.dtype)


def _sizes(config: RNNConfig, call: Call) -> dict[str, int]:
    sizes = config.sizes() | {"N": call.batch, "L": call.seq_len}
    return sizes | ({"sum(lengths)": call.steps} if call.packed else {})


def _sequence_axes(config: RNNConfig, call: Call, name: str) -> Axes:
    """Axes of ``input`` or ``output``: the two tensors that batch_first is about."""
    if name == "input":
        feature = ("H_in", Role.FEATURE, Reason.INPUT_FEATURES)
    elif config.bidirectional:
        feature = ("D*H_out", Role.FEATURE, Reason.OUTPUT_DIRECTIONS)
    else:
        feature = ("D*H_out", Role.FEATURE, Reason.OUTPUT_FEATURES)
    return _axes(_sizes(config, call), *_outer_axes(config, call), feature)


def _outer_axes(config: RNNConfig, call: Call) -> tuple[tuple[str, Role, Reason], ...]:
    if config.single_step:
        return (("N", Role.BATCH, Reason.CELL_BATCH),) if call.batched else ()
    if call.packed:
        return (("sum(lengths)", Role.STEPS, Reason.PACKED_STEPS),)
    return _padded_axes(config, call)


def _padded_axes(config: RNNConfig, call: Call) -> tuple[tuple[str, Role, Reason], ...]:
    if not call.batched:
        return (("L", Role.TIME, Reason.TIME_UNBATCHED),)
    if config.batch_first:
        return ("N", Role.BATCH, Reason.BATCH_FIRST), ("L", Role.TIME, Reason.TIME_SECOND)
    return ("L", Role.TIME, Reason.TIME_FIRST), ("N", Role.BATCH, Reason.BATCH_SECOND)


def _state_axes(config: RNNConfig, call: Call, state: str) -> Axes:
    """Axes of a hidden or cell state: layers first, batch second, whatever batch_first says."""
    parts: list[tuple[str, Role, Reason]] = []
    if not config.single_step:
        parts.append(("D*num_layers", Role.LAYERS, Reason.STATE_SLOTS))
    if call.batched:
        why = Reason.CELL_BATCH if config.single_step else Reason.STATE_BATCH_SECOND
        parts.append(("N", Role.BATCH, why))
    if state == "c":
        why = Reason.CELL_STATE_WIDTH if config.proj_size else Reason.STATE_WIDTH
        parts.append(("H_cell", Role.FEATURE, why))
    else:
        why = Reason.PROJECTED_WIDTH if config.proj_size else Reason.STATE_WIDTH
        parts.append(("H_out", Role.FEATURE, why))
    return _axes(_sizes(config, call), *parts)


def _slots(config: RNNConfig) -> Iterator[StateSlot]:
    if config.single_step:
        return
    for index in range(config.num_layers * config.directions):
        layer, direction = divmod(index, config.directions)
        yield StateSlot(index, layer, DIRECTIONS[direction])


def _packed(config: RNNConfig, call: Call) -> PackedFact | None:
    if not call.packed or config.single_step:
        return None
    longest = len(call.batch_sizes)
    sizes = _sizes(config, call) | {"L": longest}
    feature = ("D*H_out", Role.FEATURE, Reason.OUTPUT_FEATURES)
    return PackedFact(
        batch_sizes=call.batch_sizes,
        sorted_indices=None if call.sorted else call.sorted_indices,
        unsorted_indices=None if call.sorted else call.unsorted_indices,
        real_steps=call.steps,
        padded_steps=longest * call.batch,
        padded_output=_axes(sizes, *_padded_axes(config, call), feature),
    )


def multiply_accumulates(config: RNNConfig, call: Call) -> int:
    """Multiply-accumulates of the matrix products; each parameter matrix is used once a step.

    >>> multiply_accumulates(RNNConfig("LSTM", 10, 20), Call(batch=3, seq_len=5))
    36000
    """
    once = _over_layers(config, _weights_in)
    if config.single_step:
        return once * (call.batch if call.batched else 1)
    return once * call.steps


def count_parameters(config: RNNConfig) -> int:
    """How many numbers all parameters have, without listing them.

    >>> count_parameters(RNNConfig("LSTM", 100_000, 200_000, num_layers=8, bidirectional=True))
    7200025600000
    """
    biases = 2 * config.gate_multiple * config.hidden_size if config.bias else 0
    return _over_layers(config, lambda c, layer: _weights_in(c, layer) + biases)


def _over_layers(config: RNNConfig, count: Callable[[RNNConfig, int], int]) -> int:
    """The sum over all layers and directions: the layers above the first are all alike."""
    above = config.num_layers - 1
    return config.directions * (count(config, 0) + (above * count(config, 1) if above else 0))


def _weights_in(config: RNNConfig, layer: int) -> int:
    """Numbers in the matrices of one layer and direction."""
    columns = config.input_size_of(layer) + config.output_size
    stacked = config.gate_multiple * config.hidden_size * columns
    return stacked + config.proj_size * config.hidden_size
