"""A call put together from sizes that a person typed, as the rules look at it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rnnscope.call import Call
from rnnscope.config import RNNConfig
from rnnscope.findings import Finding
from rnnscope.layer_parser import read_call
from rnnscope.rules import examine
from rnnscope.subjects import Construction, LayerCall, Plan, TensorSpec
from rnnscope.subjects.packing import refusals
from rnnscope.subjects.state_shapes import state_names


def written(text: str) -> Construction:
    """A layer as it is written, with the arguments as they are: torch refuses some in the call.

    Raises ConfigError.
    """
    name, args, kwargs = read_call(text)
    config = RNNConfig.of_arguments(name, *args, **kwargs)
    return Construction(config.kind, tuple(args), kwargs, config)


def planned_states(
    config: RNNConfig, h_0: TensorSpec | None = None, c_0: TensorSpec | None = None
) -> TensorSpec:
    """The second argument: left out, one tensor, or a pair of which one may be untold."""
    if h_0 is None and c_0 is None:
        return TensorSpec("NoneType")
    if len(state_names(config)) == 2 or c_0 is not None:
        return TensorSpec("tuple", items=(h_0 or TensorSpec(), c_0 or TensorSpec()))
    return h_0 or TensorSpec()


def packed_sketch(padded: TensorSpec, lengths: tuple[int, ...]) -> TensorSpec:
    """What packing a padded input makes: the real steps of all sequences in one axis."""
    features = padded.shape[2:] if padded.shape else ()
    shape = (sum(lengths), *features)
    return TensorSpec("PackedSequence", shape, padded.dtype, padded.device, lengths=lengths)


def findings_of_plan(
    call: LayerCall, lengths: tuple[int, ...] | None = None
) -> tuple[Finding, ...]:
    """Everything the rules say about sizes alone: packing first, then the call, then hints."""
    return tuple(_findings(call, lengths))


def _findings(call: LayerCall, lengths: tuple[int, ...] | None) -> Iterator[Finding]:
    if lengths is not None and call.input is not None and call.input.shape is not None:
        refused = [
            finding
            for failure in refusals(call.input.shape, lengths, bool(call.config.batch_first))
            for finding in examine(failure)
        ]
        yield from refused
        if refused:
            return
        call = _packed(call, lengths)
    found = examine(call)
    yield from found
    if not found:
        yield from examine(Plan(call))


def _packed(call: LayerCall, lengths: tuple[int, ...]) -> LayerCall:
    return replace(call, input=packed_sketch(call.input or TensorSpec(), lengths))


def call_of(planned: LayerCall, lengths: tuple[int, ...] | None = None) -> Call | None:
    """The call to predict: its batch and length as the layer reads them; None when untold."""
    config, given = planned.config, planned.input
    if given is None or given.shape is None or not isinstance(config, RNNConfig):
        return None
    states = planned.hx is not None and planned.hx.type != "NoneType"
    outer = given.shape[:-1]
    if config.single_step:
        batched = len(outer) == 1
        return Call(batch=outer[0] if batched else 1, batched=batched, states_given=states)
    if len(outer) == 1:
        return Call(seq_len=outer[0], batched=False, states_given=states)
    batch, length = outer if config.batch_first else outer[::-1]
    return Call(batch=batch, seq_len=length, lengths=lengths, states_given=states)
