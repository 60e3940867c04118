"""convert(): the weights of a layer under another framework's names, and back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from rnnscope.axes import shape_text
from rnnscope.cells import KINDS
from rnnscope.config import RNNConfig
from rnnscope.errors import CallError, ConfigError, SubjectError, UnknownNameError
from rnnscope.layouts.table import Array, Join, Layout, array_name, layout_named
from rnnscope.measuring.measurement import weights_of
from rnnscope.reference.layer import weight_names
from rnnscope.reference.stack import DIRECTIONS

_STEMS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
Place = dict[str, Tensor]  # the parameters of one layer in one direction, by their stems


def converted(
    subject: Any, to: str | None, from_: str | None, like: Any, options: Mapping[str, Any]
) -> dict[str, Tensor]:
    """What ``rnnscope.convert`` returns."""
    if (to is None) == (from_ is None):
        raise SubjectError("convert goes one way: give to= or from_=, as in to='onnx'.")
    config = RNNConfig.parse(like) if isinstance(like, str) else like
    if config is not None and not isinstance(config, RNNConfig):
        config = RNNConfig.of(config)
    if to is not None:
        return to_framework(subject, to, config, **options)
    if config is None:
        raise SubjectError("from_ needs to know the layer: give like='LSTM(10, 20)'.")
    return from_framework(subject, str(from_), config, **options)


def to_framework(
    subject: nn.Module | Mapping[str, object], name: str, like: RNNConfig | None, **options: object
) -> dict[str, Tensor]:
    """torch's weights as the framework keeps them. Raises ConfigError, UnknownNameError."""
    layout = _runnable(name)
    config, weights = _given(subject, like)
    layout.check(config, options)
    found: dict[str, list[Tensor]] = {}
    for layer, direction in _places(config):
        place = _place_of(config, weights, layer, direction)
        for array in _arrays(layout, config):
            key = array_name(layout, config, array, layer, direction)
            found.setdefault(key, []).append(_packed(array, place, config))
    return {
        key: torch.stack(parts) if layout.directions_axis else parts[0]
        for key, parts in found.items()
    }


def from_framework(
    arrays: Mapping[str, object], name: str, config: RNNConfig, **options: object
) -> dict[str, Tensor]:
    """The framework's arrays as a state_dict of torch's. Raises ConfigError, CallError, and
    UnknownNameError for an array that is missing, or one too many."""
    layout = _runnable(name)
    layout.check(config, options)
    wanted = _expected(layout, config)
    _check_names(wanted, arrays, config)
    tensors = {key: _tensor(arrays[key]) for key in wanted}
    state: dict[str, Tensor] = {}
    for layer, direction in _places(config):
        place: Place = {}
        for array in _arrays(layout, config):
            key = array_name(layout, config, array, layer, direction)
            _check_shape(key, tensors[key], wanted[key], layout, config, array)
            index = DIRECTIONS.index(direction)
            own = tensors[key][index] if layout.directions_axis else tensors[key]
            _unpack(array, own, place, config)
        names = weight_names(config, layer, direction)
        state |= {n: place[stem] for stem, n in zip(_STEMS, names, strict=True) if n is not None}
        _refuse_lost_biases(place, config)
    return state


def _runnable(name: str) -> Layout:
    """A framework whose layout was proven by running it."""
    layout = layout_named(name)
    if not layout.proven:
        raise UnknownNameError(
            f"{layout.title} was never run against torch here, so that nothing is converted: "
            f"rnnscope explain ... --as {layout.name} tells its layout."
        )
    return layout


def _given(subject: object, like: RNNConfig | None) -> tuple[RNNConfig, Mapping[str, Tensor]]:
    if isinstance(subject, nn.Module):
        return RNNConfig.of(subject), weights_of(subject)
    if not isinstance(subject, Mapping):
        raise SubjectError(f"a {type(subject).__name__} has no weights: give a layer, a state_dict")
    weights = {key: _tensor(value) for key, value in subject.items()}
    return like or config_of_weights(weights), weights


def config_of_weights(weights: Mapping[str, Tensor]) -> RNNConfig:
    """The options that names and shapes tell; nonlinearity, which they do not, is torch's default.

    Raises SubjectError for what is no state_dict of one recurrent layer.

    >>> config_of_weights(nn.GRU(4, 8, 2).state_dict()).num_layers
    2
    """
    single = "weight_ih" in weights
    suffix = "" if single else "_l0"
    first, state = weights.get(f"weight_ih{suffix}"), weights.get(f"weight_hh{suffix}")
    if first is None or state is None:
        raise SubjectError(
            f"no weight_ih_l0 among {', '.join(list(weights)[:4]) or 'no names'}: give the "
            "state_dict of the recurrent layer itself, as in model.lstm.state_dict()."
        )
    projection = weights.get("weight_hr_l0")
    width = state.shape[1] if projection is None else projection.shape[1]
    cell = next((k for k in KINDS.values() if k.cell.gate_multiple * width == len(state)), None)
    if cell is None:
        raise SubjectError(
            f"weight_hh{suffix} of shape {shape_text(tuple(state.shape))} is of no LSTM, GRU or "
            "RNN: their rows are 4, 3 or 1 times the columns."
        )
    layers = [int(found[1]) for name in weights if (found := re.match(r"weight_ih_l(\d+)", name))]
    options: dict[str, Any] = {"bias": f"bias_ih{suffix}" in weights}
    if not single:
        options["num_layers"] = max(layers) + 1
        options["bidirectional"] = "weight_ih_l0_reverse" in weights
    if projection is not None:
        options["proj_size"] = len(projection)
    kind = cell.cell.name + "Cell" * single
    return RNNConfig(kind, first.shape[1], width, **options)


def _places(config: RNNConfig) -> list[tuple[int, str]]:
    directions = DIRECTIONS[: config.directions]
    return [(layer, d) for layer in range(config.num_layers) for d in directions]


def _place_of(
    config: RNNConfig, weights: Mapping[str, Tensor], layer: int, direction: str
) -> Place:
    """The parameters of a place; zeros stand for biases that the layer has not."""
    names = zip(_STEMS, weight_names(config, layer, direction), strict=True)
    missing = [name for _, name in names if name is not None and name not in weights]
    if missing:
        raise UnknownNameError(f"{missing[0]} is missing: give every parameter of {config}.")
    names = zip(_STEMS, weight_names(config, layer, direction), strict=True)
    place = {stem: weights[name].detach() for stem, name in names if name is not None}
    zeros = place["weight_ih"].new_zeros(config.gate_multiple * config.hidden_size)
    return {"bias_ih": zeros, "bias_hh": zeros} | place


def _arrays(layout: Layout, config: RNNConfig) -> list[Array]:
    """The arrays of this configuration, biases left out where both sides can."""
    arrays = layout.cell_for(config).arrays
    without = not config.bias and layout.bias_option
    return [a for a in arrays if not (a.bias and without) and a.of != ("weight_hr",)]


def _packed(array: Array, place: Place, config: RNNConfig) -> Tensor:
    """One array of the framework, from the parameters of one place."""
    parts = [_reordered(place[stem], array.gates, config) for stem in array.of]
    if array.transposed:
        parts = [part.t() for part in parts]
    if array.join is Join.SUM:
        return (parts[0] + parts[1]).clone()
    return (torch.stack(parts) if array.join is Join.STACKED else torch.cat(parts)).contiguous()


def _letters(config: RNNConfig) -> str:
    return "".join(gate.letter for gate in config.cell.gates)


def _reordered(stacked: Tensor, gates: str, config: RNNConfig) -> Tensor:
    blocks = stacked.chunk(config.gate_multiple)
    return torch.cat([blocks[_letters(config).index(letter)] for letter in gates])


def _unpack(array: Array, value: Tensor, place: Place, config: RNNConfig) -> None:
    """Write the gates of an array into the parameters of a place.

    Of a sum the first parameter gets all and the others nothing: only the sum is ever used.
    """
    rows = config.gate_multiple * config.hidden_size
    for number, (stem, part) in enumerate(zip(array.of, _split(array, value), strict=True)):
        stacked = place.setdefault(stem, part.new_zeros(rows, *part.shape[1:]))
        if array.join is Join.SUM and number:
            continue
        for letter, block in zip(array.gates, part.chunk(len(array.gates)), strict=True):
            start = _letters(config).index(letter) * config.hidden_size
            stacked[start : start + config.hidden_size] = block


def _split(array: Array, value: Tensor) -> list[Tensor]:
    """The parts of an array, gates in rows; of a sum the whole, twice."""
    if array.join is Join.STACKED:
        return list(value)
    if array.join is Join.END_TO_END:
        return list(value.chunk(len(array.of)))
    return [value.t() if array.transposed else value] * len(array.of)


def _expected(layout: Layout, config: RNNConfig) -> dict[str, tuple[int, ...]]:
    """The names of all arrays with their shapes, found by converting weights without numbers."""
    with torch.device("meta"):
        weights = {n: torch.empty(s) for n, s in _shapes(config).items()}
    return {k: tuple(v.shape) for k, v in to_framework(weights, layout.name, config).items()}


def _shapes(config: RNNConfig) -> dict[str, tuple[int, ...]]:
    from rnnscope.prediction import predict

    return {parameter.name: parameter.shape for parameter in predict(config).parameters}


def _check_names(
    wanted: Mapping[str, object], arrays: Mapping[str, object], config: RNNConfig
) -> None:
    missing, extra = wanted.keys() - arrays.keys(), arrays.keys() - wanted.keys()
    if missing or extra:
        problem = f"{min(missing)} is missing" if missing else f"{min(extra)} is one too many"
        raise UnknownNameError(f"{problem}: {config} is made of {', '.join(wanted)}.")


def _check_shape(
    key: str, value: Tensor, shape: tuple[int, ...], layout: Layout, config: RNNConfig, array: Array
) -> None:
    if tuple(value.shape) == shape:
        return
    convention = layout.cell_for(config).convention
    if array.join is Join.STACKED and convention is not None and value.dim() == 1:
        layout.check(config, {convention.option: not convention.value})
    raise CallError(
        f"{key} has shape {shape_text(tuple(value.shape))}: {config} needs {shape_text(shape)}."
    )


def _refuse_lost_biases(place: Place, config: RNNConfig) -> None:
    """Biases that are always there must be zero for a layer that has none."""
    if not config.bias and any(bool(place[s].any()) for s in _STEMS[2:4] if s in place):
        raise ConfigError("bias", False, "the arrays have biases that are not 0", "Give bias=True.")


def _tensor(value: object) -> Tensor:
    """A tensor of an array of whatever kind, without touching it."""
    if isinstance(value, Tensor):
        return value.detach()
    return torch.tensor(value.__array__() if hasattr(value, "__array__") else value)
