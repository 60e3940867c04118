"""measure_config(config, call): build the layer, run it on random inputs, read off the facts.

A layer that would not fit is built on the meta device, which allocates nothing. It is never run
there: a forward on meta unrolls every time step in Python.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

from rnnscope.call import Call
from rnnscope.config import ITEM_BYTES, RNNConfig
from rnnscope.facts import LayerFacts
from rnnscope.measuring.devices import available_bytes, checked_device
from rnnscope.measuring.measurement import facts_of
from rnnscope.measuring.randomness import preserved_torch_randomness
from rnnscope.prediction import count_parameters, multiply_accumulates
from rnnscope.unobserved import unobserved

# More than this takes more than a few seconds on a laptop, for shapes that do not depend on it.
MOST_PARAMETERS = 200_000_000
MOST_MACS = 200_000_000_000  # multiply-accumulates: some seconds
MOST_STEPS = 1_000_000  # of a sequence: each costs microseconds, however small the layer is
# As little as this is always free; to ask how much there is takes longer than such a run.
_ALWAYS_FREE = 2**20
_PREDICTED = "tensors are predicted only"


@dataclass(frozen=True, slots=True, eq=False)
class Measurement:
    """Measured facts, and the layer, arguments and results that they were read off.

    ``incomplete`` is None, or says why only the parameters were measured; then ``inputs`` is empty.
    A layer built for it is in evaluation mode, so that ``module(*inputs)`` gives ``result`` again.
    Omitted states were run as explicit zeros, whose shapes torch has then checked.
    """

    facts: LayerFacts
    incomplete: str | None
    module: nn.Module
    inputs: tuple[Any, ...] = ()
    result: Any = None

    @property
    def complete(self) -> bool:
        return self.incomplete is None


def measure_config(config: RNNConfig, call: Call | None = None, seed: int = 0) -> Measurement:
    """Build and run a layer on its own device and dtype, weights and inputs drawn from ``seed``.

    Every seed gives the same numbers on every device; torch's random streams are not touched.
    Raises DeviceError for a device that this machine does not have.
    """
    call = call or Call()
    device = checked_device(config.device)
    too_much = _obstacle(config, call, device)
    if too_much:
        return _parameters_only(config, call, too_much)
    with _unseen():
        try:
            module = _built(config, seed, device)
        except RuntimeError as error:  # whatever torch has against this dtype or device
            return _parameters_only(config, call, _refusal(error))
        return _tried(module, config, call, seed)


def measure_module(
    module: nn.Module, config: RNNConfig, call: Call | None = None, seed: int = 0
) -> Measurement:
    """Run a live layer of these options on random inputs, in the training mode it is in."""
    call = call or Call()
    device = torch.device(config.device)
    why = _obstacle(config, call, device)
    if why:
        return Measurement(
            replace(facts_of(config, module), call=call), f"{why}; {_PREDICTED}", module
        )
    with _unseen():
        return _tried(module, config, call, seed)


def _tried(module: nn.Module, config: RNNConfig, call: Call, seed: int) -> Measurement:
    try:
        inputs = random_arguments(config, call, seed)
        with torch.no_grad():
            # Not module(...): hooks that somebody put on all modules are not for this call.
            result = module.forward(*inputs)
        facts = facts_of(config, module, *inputs, result)
    except Exception as error:  # whatever torch has against this dtype, device or memory
        parameters = replace(facts_of(config, module), call=call)
        return Measurement(parameters, f"{_refusal(error)}; {_PREDICTED}", module)
    return Measurement(_as_called(facts, call), None, module, inputs, result)


def _refusal(error: Exception) -> str:
    return f"torch refuses: {str(error).partition(chr(10))[0]}"


@contextmanager
def _unseen() -> Iterator[None]:
    """Watches look away, random streams stay as they are, and torch gives no advice about a layer
    that nobody will train, such as which library it cannot use."""
    with unobserved(), warnings.catch_warnings(), preserved_torch_randomness():
        warnings.simplefilter("ignore")
        yield


def _built(config: RNNConfig, seed: int, device: torch.device) -> nn.Module:
    """The layer in evaluation mode, its weights drawn on the CPU and then moved.

    ``torch.manual_seed`` would seed the streams of every other device as well.
    """
    torch.default_generator.manual_seed(seed)
    if device.type == "cpu":
        return config.build().eval()
    return config.with_options(device="cpu").build().to(device).eval()


def _as_called(facts: LayerFacts, call: Call) -> LayerFacts:
    """Mark states as they were asked for: zeros that stand for omitted ones were not given."""
    if facts.call == call:
        return facts
    names = {f"{state}_0" for state in facts.config.cell.states}
    tensors = tuple(
        replace(t, given=call.states_given) if t.name in names else t for t in facts.tensors
    )
    return replace(facts, call=call, tensors=tensors)


def _parameters_only(config: RNNConfig, call: Call, why: str) -> Measurement:
    meta = config.with_options(device="meta")
    module = meta.build()
    return Measurement(replace(facts_of(meta, module), call=call), f"{why}; {_PREDICTED}", module)


def _obstacle(config: RNNConfig, call: Call, device: torch.device) -> str | None:
    """Why this layer should not be run here, in a few words; None when it can."""
    if device.type == "meta":
        return "the meta device has shapes and no numbers"
    parameters, macs = count_parameters(config), multiply_accumulates(config, call)
    if parameters > MOST_PARAMETERS:
        return f"{parameters:,} parameters are more than the {MOST_PARAMETERS:,} that are built"
    if macs > MOST_MACS:
        return f"{macs:,} multiply-accumulates are more than the {MOST_MACS:,} that are run"
    if call.seq_len > MOST_STEPS or call.steps > MOST_STEPS:
        return f"{call.steps:,} time steps are more than the {MOST_STEPS:,} that are run"
    needed = needed_bytes(config, call)
    free = available_bytes(device) if needed > _ALWAYS_FREE else None
    if free is not None and needed > free // 2:
        return f"it needs about {needed:,} bytes, and {free:,} are free on {device}"
    return None


def needed_bytes(config: RNNConfig, call: Call) -> int:
    """About how many bytes a run takes: weights with a copy, and one layer's activations."""
    width = config.directions * config.output_size
    gates = config.gate_multiple * config.hidden_size
    rows = call.seq_len * call.batch
    activations = rows * (config.input_size + 3 * width + 2 * gates)
    states = 4 * config.num_layers * config.directions * call.batch * config.hidden_size
    return (2 * count_parameters(config) + activations + states) * ITEM_BYTES[config.dtype]


def random_arguments(
    config: RNNConfig, call: Call, seed: int = 0
) -> tuple[Tensor | PackedSequence, Any]:
    """The input and the states of a call, normally distributed; zeros for states not given.

    Drawn on the CPU from a generator of their own, then moved to the layer's device.
    """
    generator = torch.Generator("cpu").manual_seed(seed)

    def draw(*shape: int) -> Tensor:
        dtype = getattr(torch, config.dtype)
        drawn = torch.randn(shape, generator=generator, dtype=dtype, device="cpu")
        return drawn.to(config.device)

    input: Tensor | PackedSequence = draw(*input_shape(config, call))
    if call.lengths is not None:
        input = pack_padded_sequence(
            input,  # type: ignore[arg-type]
            list(call.lengths),
            batch_first=config.batch_first,
            enforce_sorted=call.sorted,
        )
    states = [draw(*shape) for shape in state_shapes(config, call)]
    if not call.states_given:
        states = [state.zero_() for state in states]
    return input, tuple(states) if len(states) > 1 else states[0]


def input_shape(config: RNNConfig, call: Call) -> tuple[int, ...]:
    """The shape of the input tensor; of a packed call, that of the padded tensor to pack."""
    batch = (call.batch,) if call.batched else ()
    if config.single_step:
        return (*batch, config.input_size)
    outer = (*batch, call.seq_len) if config.batch_first else (call.seq_len, *batch)
    return (*outer, config.input_size)


def state_shapes(config: RNNConfig, call: Call) -> tuple[tuple[int, ...], ...]:
    """The shape of h_0, and of c_0 where the cell has one."""
    batch = (call.batch,) if call.batched else ()
    layers = () if config.single_step else (config.num_layers * config.directions,)
    widths = {"h": config.output_size, "c": config.hidden_size}
    return tuple((*layers, *batch, widths[state]) for state in config.cell.states)
