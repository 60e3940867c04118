"""The layers of a weights file, and what is wrong with them: alone, and against a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rnnscope.config import RNNConfig
from rnnscope.errors import SubjectError, TargetError
from rnnscope.subjects.weights import WeightsProblem
from rnnscope.weights.fitting import misfits
from rnnscope.weights.reading import read_tensors
from rnnscope.weights.recognition import StoredLayer, layers_in
from rnnscope.weights.stored import ITEM_BYTES, Stored

_MOST_LINES = 24  # of names and shapes in one message: a screen


def stored_layers(path: Path, prefix: str = "") -> tuple[StoredLayer, ...]:
    """The layers of a file below a path. Raises TargetError, SubjectError where there is none."""
    tensors = read_tensors(path)
    layers = layers_in(tensors.values())
    chosen = tuple(layer for layer in layers if _below(layer.path, prefix) is not None)
    if not layers:
        raise SubjectError(
            f"{path} has no recurrent layer among its {len(tensors):,} tensors: the parameters of "
            "one are named weight_ih_l0, weight_hh_l0 and so on."
        )
    if not chosen:
        paths = ", ".join(layer.path or "one without a path" for layer in layers[:8])
        raise SubjectError(f"--prefix {prefix!r} is the path of no layer: the file has {paths}.")
    return chosen


def held_layers(weights: Mapping[str, Any]) -> tuple[StoredLayer, ...]:
    """The layers of a state_dict in memory. Raises SubjectError for another object."""
    if not isinstance(weights, Mapping):
        raise SubjectError(f"{type(weights).__name__} is no state_dict: give one, or a path.")
    found = []
    for name, value in weights.items():
        dtype = str(getattr(value, "dtype", "")).removeprefix("torch.")
        if dtype in ITEM_BYTES:
            found.append(Stored(str(name), tuple(value.shape), dtype))
    return layers_in(found)


def _below(path: str, prefix: str) -> str | None:
    """The path as seen from the prefix, or None where it is elsewhere."""
    prefix = prefix.rstrip(".")
    if not prefix:
        return path
    inside = path.removeprefix(f"{prefix}.")
    return "" if path == prefix else inside if inside != path else None


def problems_in(layers: tuple[StoredLayer, ...]) -> Iterator[WeightsProblem]:
    """Every layer that is none of torch.nn."""
    for layer in layers:
        if layer.problem:
            text = f"these parameters are no layer of torch.nn: {layer.problem}."
            yield WeightsProblem("weights-of-no-layer", layer.path, text)


def misplaced(
    layers: tuple[StoredLayer, ...], against: str, prefix: str = ""
) -> Iterator[WeightsProblem]:
    """Every parameter that does not fit. Raises TargetError, SubjectError, ConfigError."""
    if "(" in against:
        config = RNNConfig.parse(against)
        pairs = [(layer, config) for layer in layers]
    else:
        wanted = _wanted(against)
        found = {str(_below(layer.path, prefix)): layer for layer in layers}
        yield from _unpaired(found, wanted, against)
        pairs = [(found[path], config) for path, config in wanted.items() if path in found]
    for layer, config in pairs:
        if lines := list(misfits(layer, config)):
            yield _misfit(layer, config, lines)


def _unpaired(
    found: Mapping[str, StoredLayer], wanted: Mapping[str, RNNConfig], against: str
) -> Iterator[WeightsProblem]:
    kind = "checkpoint-does-not-fit"
    for path in [path for path in wanted if path not in found]:
        have = ", ".join(found)
        yield WeightsProblem(
            kind, path, f"{against} has {wanted[path]} there, the file has {have}."
        )
    for path in [path for path in found if path not in wanted]:
        have = ", ".join(wanted)
        text = f"the file has a layer there, and {against} has {have}."
        yield WeightsProblem(kind, found[path].path, text)


def _misfit(layer: StoredLayer, config: RNNConfig, lines: list[str]) -> WeightsProblem:
    what = f"the file has {layer.config}" if layer.config else "the file has no layer of torch.nn"
    more = [f"and {len(lines) - _MOST_LINES} more"] if len(lines) > _MOST_LINES else []
    text = "\n  ".join([f"{what}, and it should fit {config}:", *lines[:_MOST_LINES], *more])
    fix = f"nn.{layer.config}" if layer.config else None
    return WeightsProblem("checkpoint-does-not-fit", layer.path, text, fix)


def _wanted(against: str) -> dict[str, RNNConfig]:
    """The recurrent layers of a model by path; it is built on the meta device, without numbers."""
    from rnnscope.torch_import import import_torch

    torch = import_torch()
    from rnnscope.measuring.find_layers import layers_of
    from rnnscope.verification.target import loaded, said

    with loaded(against) as target:
        try:
            with torch.device("meta"):
                model = target() if isinstance(target, type) else target
        except Exception as error:  # the user's own code
            raise TargetError(
                f"{against} cannot be built without arguments: {said(error)}; name an object, such "
                "as net = Net(10, 20) in that file."
            ) from None
        layers = layers_of(model)
    shown = ((layer, layer.config.with_options(device="cpu")) for layer in layers)
    return {path: config for layer, config in shown for path in layer.paths}
