"""measure(module, *inputs): the facts of a real layer and a real call, in the type of predict's.

Nothing here knows the rules of prediction: shapes are read off tensors. What cannot be read is left
open: symbols and roles are unknown, ``rows`` are empty, ``macs`` is None.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cache, lru_cache
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from rnnscope.axes import Axes
from rnnscope.call import Call
from rnnscope.config import RNNConfig
from rnnscope.errors import CallError
from rnnscope.facts import LayerFacts, PackedFact, ParameterFact, StateSlot, TensorFact
from rnnscope.measuring.randomness import preserved_randomness
from rnnscope.subjects.tensor_spec import lengths_of
from rnnscope.unobserved import unobserved


def measure(module: nn.Module, *inputs: object, **named: object) -> LayerFacts:
    """Run a recurrent layer or cell once and read off every shape, dtype and size.

    ``inputs`` are what the layer's ``forward`` takes: the input (a tensor or a PackedSequence),
    then the states or nothing. Without inputs only the parameters are measured. The layer runs
    without gradients in the training mode it is in; random streams are as before, also when it
    raises what torch raises. Raises SubjectError for a module that is no recurrent layer.

    >>> facts = measure(nn.LSTM(10, 20), torch.zeros(5, 3, 10))
    >>> facts.tensor("h_n").shape, facts.tensor("c_0").given
    ((1, 3, 20), False)
    """
    config = RNNConfig.of(module)
    if not inputs and not named:
        return facts_of(config, module)
    with unobserved(), preserved_randomness(), torch.no_grad():
        result = module(*inputs, **named)
    return facts_of(config, module, *arguments(inputs, named), result)


def arguments(inputs: tuple[object, ...], named: dict[str, Any]) -> tuple[Any, Any]:
    """The input and the states of a call, however they were passed; None for omitted states."""
    given = dict(zip(("input", "hx"), inputs, strict=False)) | named
    return given.get("input"), given.get("hx")


def facts_of(
    config: RNNConfig,
    module: nn.Module,
    input: object = None,
    hx: object = None,
    result: object = None,
) -> LayerFacts:
    """Read the facts of a call that was made; without an input, those of the parameters alone."""
    weights = tuple((n, tuple(t.shape), t.dtype) for n, t in weights_of(module).items())
    if input is None:
        return _facts(config, Call(), weights, (), None)
    call = call_of(config, input, hx)
    seen = tuple(_seen(config, input, hx, result))
    return _facts(config, call, weights, seen, _packed(config, input, result))


# What is read off a tensor: its name, shape and dtype, and whether the caller gave it.
_Weight = tuple[str, tuple[int, ...], torch.dtype]
_Seen = tuple[str, tuple[int, ...], torch.dtype, bool]


@lru_cache(128)
def _facts(
    config: RNNConfig,
    call: Call,
    weights: tuple[_Weight, ...],
    seen: tuple[_Seen, ...],
    packed: PackedFact | None,
) -> LayerFacts:
    """The facts that follow from what was read; the same reading in a loop is the same object."""
    slots = config.num_layers * config.directions if not config.single_step else 0
    return LayerFacts(
        config=config,
        call=call,
        parameters=tuple(_parameter(config, *weight) for weight in weights),
        tensors=tuple(
            TensorFact(name, Axes.measured(shape), dtype_name(dtype), given)
            for name, shape, dtype, given in seen
        ),
        slots=tuple(_slot(index, config.directions) for index in range(slots)),
        packed=packed,
        macs=None,
    )


def call_of(config: RNNConfig, input: object, hx: object = None) -> Call:
    """The sizes of a real call. Raises CallError for an input that the layer cannot take.

    >>> call_of(RNNConfig("GRU", 10, 20, batch_first=True), torch.zeros(3, 5, 10))
    Call(batch=3, seq_len=5, batched=True, lengths=None, states_given=False)
    """
    given = hx is not None
    if isinstance(input, PackedSequence):
        lengths = lengths_of(input)
        return Call(seq_len=max(lengths), lengths=lengths, states_given=given)
    if not isinstance(input, Tensor):
        raise CallError(f"a {type(input).__name__} is no input: give a tensor or a PackedSequence.")
    outer = tuple(input.shape[:-1])
    if config.single_step and len(outer) < 2:
        return Call(batch=outer[0] if outer else 1, batched=bool(outer), states_given=given)
    if len(outer) == 1:
        return Call(batch=1, seq_len=outer[0], batched=False, states_given=given)
    if len(outer) == 2 and not config.single_step:
        batch, seq_len = outer if config.batch_first else outer[::-1]
        return Call(batch=batch, seq_len=seq_len, states_given=given)
    expected = "1-D or 2-D" if config.single_step else "2-D or 3-D"
    raise CallError(
        f"an input of {input.dim()} axes is not possible: {config.kind} takes {expected}."
    )


@cache
def dtype_name(dtype: torch.dtype) -> str:
    """``"float32"`` for ``torch.float32``."""
    return str(dtype).removeprefix("torch.")


_NAME = re.compile(r"(\w+?)(?:_l(\d+))?(_reverse)?$")


@lru_cache(1024)
def _place(name: str) -> tuple[str, int, str]:
    """What a parameter's name says: ``("weight_ih", 1, "backward")``."""
    stem, layer, reverse = _NAME.match(name).groups()  # type: ignore[union-attr]
    return stem, int(layer or 0), "backward" if reverse else "forward"


def _parameter(
    config: RNNConfig, name: str, shape: tuple[int, ...], dtype: torch.dtype
) -> ParameterFact:
    stem, layer, direction = _place(name)
    stacked = stem != "weight_hr" and config.hidden_size and shape
    return ParameterFact(
        name=name,
        axes=Axes.measured(shape),
        layer=layer,
        direction=direction,
        gate_multiple=shape[0] // config.hidden_size if stacked else None,
        rows=(),
        dtype=dtype_name(dtype),
        nbytes=prod(shape) * dtype.itemsize,
    )


def weights_of(module: nn.Module) -> dict[str, Tensor]:
    """The tensors that the layer computes with, in torch's order.

    They are its parameters; where a parametrization, a weight norm or pruning puts a computed
    tensor in the place of a parameter, it is that tensor.
    """
    own: dict[str, Tensor] = {n: p for n, p in module._parameters.items() if p is not None}
    names = getattr(module, "_flat_weights_names", None) or _CELL_WEIGHTS
    missing = {name: _computed(module, name) for name in names if name not in own}
    if all(value is None for value in missing.values()):
        return own
    every = {name: own.get(name, missing.get(name)) for name in names}
    return {name: value for name, value in every.items() if isinstance(value, Tensor)}


_CELL_WEIGHTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def _computed(module: nn.Module, name: str) -> Any:
    """A weight that is computed from other parameters, without touching the module's buffers.

    Spectral normalisation changes its buffers at every look, so that a copy is looked at.
    """
    parametrizations = getattr(module, "parametrizations", {})
    if name not in parametrizations:
        return getattr(module, name, None)
    with preserved_randomness(), torch.no_grad():
        return deepcopy(parametrizations[name])()


def _seen(config: RNNConfig, input: Any, hx: Any, result: Any) -> Iterator[_Seen]:
    names = config.cell.states
    output, final = (None, result) if config.single_step else result
    after = final if len(names) > 1 else (final,)
    # torch makes an omitted state of zeros, in the size that the state has afterwards.
    before = after if hx is None else hx if len(names) > 1 else (hx,)
    yield _tensor("input", input)
    for name, state in zip(names, before, strict=True):
        yield _tensor(f"{name}_0", state, given=hx is not None)
    if output is not None:
        yield _tensor("output", output)
    for name, state in zip(names, after, strict=True):
        yield _tensor(f"{name}_{1 if config.single_step else 'n'}", state)


def _tensor(name: str, value: Tensor | PackedSequence, given: bool = True) -> _Seen:
    tensor = value.data if isinstance(value, PackedSequence) else value
    return name, tuple(tensor.shape), tensor.dtype, given


def _packed(config: RNNConfig, input: Any, result: Any) -> PackedFact | None:
    if not isinstance(input, PackedSequence) or result is None:
        return None
    padded, _ = pad_packed_sequence(result[0], batch_first=config.batch_first)
    sizes: list[int] = input.batch_sizes.tolist()
    return PackedFact(
        batch_sizes=tuple(sizes),
        sorted_indices=_indices(input.sorted_indices),
        unsorted_indices=_indices(input.unsorted_indices),
        real_steps=input.data.shape[0],
        padded_steps=len(sizes) * sizes[0],
        padded_output=Axes.measured(tuple(padded.shape)),
    )


def _indices(tensor: Tensor | None) -> tuple[int, ...] | None:
    return None if tensor is None else tuple(tensor.tolist())


def _slot(index: int, directions: int) -> StateSlot:
    layer, direction = divmod(index, directions)
    return StateSlot(index, layer, "backward" if direction else "forward")
