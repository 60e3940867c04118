"""Does a layer step along features, and read the steps as features?"""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.experiments.features import feature_axis, makers, places
from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.replay import quietly
from rnnscope.experiments.roles import packed_sizes, roots
from rnnscope.findings import Location
from rnnscope.recording.tape import RECURRENT_KERNELS, Call, Layer
from rnnscope.subjects.facts import FeaturesStepped

_STATISTICS = "batch_norm"
_SEQUENCES = 3  # axes of a batch of them
_Slices = list[tuple[frozenset[int], frozenset[int]]]


def features_stepped(laboratory: Laboratory) -> Iterator[FeaturesStepped]:
    """Recurrent layers whose input has as many steps as features, and the two are exchanged.

    Where the sizes differ the program itself says which it wants for steps. Raises
    OutOfBudgetError.
    """
    tape = laboratory.tape
    asked: set[Location | None] = set()
    for call in tape.recurrent:
        layer, shape = call.layer, tape.shape(call.inputs[0])
        if layer is None or "cell" in call.name or packed_sizes(tape, call) is not None:
            continue
        if len(shape) != _SEQUENCES or call.location in asked or call.inputs[0] in tape.named:
            continue
        asked.add(call.location)
        square = shape[int(layer.batch_first)] == shape[-1] > 1
        found = next(_exchanged(laboratory, call, layer), None) if square else None
        found = found or next(_normalised(laboratory, call, layer), None)
        if found is not None:
            yield found


def _exchanged(laboratory: Laboratory, call: Call, layer: Layer) -> Iterator[FeaturesStepped]:
    """Steps that the last layer made as its features, or that are axes of the data, joined."""
    tape = laboratory.tape
    layers = list(makers(tape, call.inputs[0]))
    for maker in layers:
        slot = maker.results[0]
        axis = len(tape.shape(slot)) - 1
        if maker.name not in RECURRENT_KERNELS:
            found = feature_axis(laboratory, maker)
            axis = -1 if found is None else found
        if axis < 0 or (slot == call.inputs[0] and axis != int(layer.batch_first)):
            continue
        if _are_steps(_slices(laboratory, call, layer, slot, axis)) and not _stay_features(
            laboratory, call
        ):
            yield _fact(laboratory, call, layer, maker.name, slot, axis)
    if not layers:
        yield from _joined(laboratory, call, layer)


def _stay_features(laboratory: Laboratory, call: Call) -> bool:
    """True when the features of some data are still the features: a layer mixed their steps."""
    tape, given = laboratory.tape, call.inputs[0]
    for root in roots(tape, given):
        shape = tape.shape(root.slot)
        if len(shape) < _SEQUENCES or shape[-1] != tape.shape(given)[-1]:
            continue
        run = laboratory.with_slice_changed(root.slot, len(shape) - 1, 0)
        with quietly():
            mask = laboratory.moved(run, given) if run is not None else None
        if mask is not None and places(mask, mask.dim() - 1) == {0}:
            return True
    return False


def _joined(laboratory: Laboratory, call: Call, layer: Layer) -> Iterator[FeaturesStepped]:
    """The last two axes of the data as steps, and for features the one before: steps, by custom."""
    tape, shape = laboratory.tape, laboratory.tape.shape(call.inputs[0])
    for root in roots(tape, call.inputs[0]):
        sizes = tape.shape(root.slot)
        if len(sizes) != _SEQUENCES + 1 or 1 in sizes or sizes[1] != shape[-1]:
            continue
        if sizes[2] * sizes[3] == shape[-1] and all(
            _are_steps(_slices(laboratory, call, layer, root.slot, axis)) for axis in (2, 3)
        ):
            yield _fact(laboratory, call, layer, "", root.slot, 2)


def _normalised(laboratory: Laboratory, call: Call, layer: Layer) -> Iterator[FeaturesStepped]:
    """Steps that BatchNorm1d, which has its channels on axis 1, took for these."""
    tape = laboratory.tape
    steps = tape.shape(call.inputs[0])[int(layer.batch_first)]
    for maker in tape.leading_to(call.inputs[0]):
        shape = tape.shape(maker.results[0])
        if maker.name != _STATISTICS or len(shape) != _SEQUENCES or shape[1:] != (steps, steps):
            continue
        slices = _slices(laboratory, call, layer, maker.results[0], 1)
        if [places[0] for places in slices] == [frozenset((0,)), frozenset((1,))]:
            yield _fact(laboratory, call, layer, maker.name, maker.results[0], 1)


def _slices(laboratory: Laboratory, call: Call, layer: Layer, slot: int, axis: int) -> _Slices:
    """The steps and features of a call's input that the first two slices of an axis move."""
    found = []
    for index in (0, 1):
        run = laboratory.with_slice_changed(slot, axis, index)
        with quietly():
            mask = laboratory.moved(run, call.inputs[0]) if run is not None else None
        if mask is not None:
            found.append((places(mask, int(layer.batch_first)), places(mask, mask.dim() - 1)))
    return found


def _are_steps(slices: _Slices) -> bool:
    """True when the slices are different steps, and the same features."""
    if len(slices) < 2:
        return False
    (first, one), (second, other) = slices
    return bool(first and second) and first.isdisjoint(second) and not one.isdisjoint(other)


def _fact(
    laboratory: Laboratory, call: Call, layer: Layer, made_by: str, slot: int, axis: int
) -> FeaturesStepped:
    tape = laboratory.tape
    maker = tape.producer.get(slot)
    return FeaturesStepped(
        layer.kind,
        made_by,
        tape.shape(call.inputs[0]),
        int(layer.batch_first),
        _moved_at(laboratory, call, slot, axis) or layer.built_at or call.location,
        maker.location if maker is not None else None,
        call.location,
        layer.built_at,
    )


def _moved_at(laboratory: Laboratory, call: Call, slot: int, axis: int) -> Location | None:
    """The last line on the way that put the features where the layer steps."""
    tape, found, place = laboratory.tape, None, axis
    run = laboratory.with_slice_changed(slot, axis, 0)
    for maker in tape.leading_to(call.inputs[0]):
        with quietly():
            mask = laboratory.moved(run, maker.results[0]) if run is not None else None
        if mask is None or not mask.any() or maker.results[0] == slot:
            continue
        axes = [n for n in range(mask.dim()) if len(places(mask, n)) < mask.shape[n]]
        if len(axes) == 1 and axes[0] != place:
            found, place = maker.location, axes[0]
    return found
