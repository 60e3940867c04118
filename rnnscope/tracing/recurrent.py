"""Recurrent layers say more about axes than any other: what one call tells, input to results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence

from rnnscope.config import RNNConfig
from rnnscope.findings import Location
from rnnscope.tracing import states
from rnnscope.tracing.factors import (
    Axes,
    Axis,
    Evidence,
    Factor,
    Meaning,
    fresh,
    fresh_axes,
    size_of,
)
from rnnscope.tracing.following import Follower
from rnnscope.tracing.labels import CallRecord, Label, Mark, Part
from rnnscope.tracing.ops.taking import permuted
from rnnscope.tracing.table import LabelTable

_NO_ORDER = 4096  # rows; a longer permutation is not followed


class RecurrentCalls:
    """Labels the results of recurrent layers; keeps a record of each call until it is decided."""

    def __init__(self, table: LabelTable, follower: Follower) -> None:
        self.table = table
        self.follower = follower
        self.records: list[CallRecord] = []

    def returned(
        self,
        module: nn.Module,
        config: RNNConfig,
        places: tuple[Location | None, Location | None],
        given: Mapping[str, Any],
        result: Any,
    ) -> None:
        """A layer has run, called at ``places[0]`` and built at ``places[1]``."""
        value = given.get("input")
        packed = isinstance(value, PackedSequence)
        data = value.data if isinstance(value, PackedSequence) else value
        if not isinstance(data, torch.Tensor):
            return
        label = self.table.get(data)
        if label is None:
            label = Label(fresh_axes(data.shape))
            self.table.set(data, label)
        axes = self._axes(config, label, data, value)
        if axes is None:
            return
        batch, time, feature = axes
        record = CallRecord(
            config,
            *places,
            batch,
            time,
            module.training,
            packed,
            lengths=label.packing.lengths if packed and label.packing else None,
            moved=label.moved,
            batched=data.dim() == 3 or packed,
            layer=id(module),
            shape=tuple(data.shape),
        )
        self._used(label, config)
        self.follower.readings.exchanged_by_view(label)
        # By these indices torch sorts the states as well.
        turned = isinstance(value, PackedSequence) and value.sorted_indices is not None
        states.given(self.table, self.follower, record, given.get("hx"), turned)
        self._read(record, label, feature, tuple(data.shape))
        self._label_results(record, label, value, result)
        if not config.single_step:
            self.records.append(record)

    def _axes(
        self, config: RNNConfig, label: Label, data: torch.Tensor, value: Any
    ) -> tuple[Axis, Axis, Axis] | None:
        """Batch, time and feature of the input, as the layer takes them."""
        axes = label.axes
        if isinstance(value, PackedSequence):
            packing = label.packing
            if packing is None:
                batch = fresh(int(value.batch_sizes[0]))
                return batch, fresh(len(value.batch_sizes)), axes[-1]
            return packing.batch, packing.time, axes[-1]
        if config.single_step:
            return (axes[0] if len(axes) == 2 else ()), (), axes[-1]
        if data.dim() == 2:
            return (), axes[0], axes[1]
        if data.dim() != 3:
            return None
        first, second = axes[:2]
        return (first, second, axes[2]) if config.batch_first else (second, first, axes[2])

    def _used(self, label: Label, config: RNNConfig) -> None:
        for part in label.parts:
            part.record.read.setdefault(part, set()).add("recurrent")

    def _read(
        self, record: CallRecord, label: Label, feature: Axis, shape: tuple[int, ...]
    ) -> None:
        """What the call says of its input's axes."""
        config, place = record.config, record.location
        self._check_again(record, label, shape)
        self._check_exchange(record, label, shape)
        self._check_copies(record, label, shape)
        self._check_chain(record, label, shape)
        self._check_features(record, label, feature, shape)
        steps = Evidence(Meaning.TIME, _time_text(record), place, False, record)
        rows = Evidence(Meaning.ROWS, _rows_text(record), place, False, record)
        for factor in record.time:
            self.follower.readings.read(factor, steps, label, shape)
        for factor in record.batch:
            self.follower.readings.read(factor, rows, label, shape)
        inputs = Evidence(
            Meaning.FEATURE, f"{config.kind} takes its features there", place, False, record
        )
        for factor in feature:
            self.follower.readings.features(factor, inputs, label, shape)

    def _check_again(self, record: CallRecord, label: Label, shape: tuple[int, ...]) -> None:
        """Steps of the last call of this layer are steps again, with its state carried on."""
        if not record.state or record.batched:
            return
        for factor in record.time:
            known = factor.variable.evidence(Meaning.TIME)
            before = known.source if known is not None else None
            if not isinstance(before, CallRecord) or before is record or known is None:
                continue
            if before.layer == record.layer:
                self.follower.readings.again(record, known, label, shape)

    def _check_exchange(self, record: CallRecord, label: Label, shape: tuple[int, ...]) -> None:
        """Another layer took the same two axes the other way round, and nothing moved them."""
        if len(record.time) != 1 or len(record.batch) != 1:
            return
        time, batch = record.time[0].variable, record.batch[0].variable
        rows = time.evidence(Meaning.ROWS)
        steps = batch.evidence(Meaning.TIME) or batch.evidence(Meaning.LENGTH)
        if rows is None or steps is None or rows.location != steps.location:
            return
        if time.means(Meaning.TIME, Meaning.SAMPLES) or batch.means(Meaning.ROWS):
            return
        by_convolution = steps.meaning == Meaning.LENGTH
        if label.moved is None or by_convolution:
            self.follower.readings.exchanged(record, rows, label, shape)

    def _check_copies(self, record: CallRecord, label: Label, shape: tuple[int, ...]) -> None:
        """The rows of a batch as steps, and for a batch nothing but copies of them."""
        if len(record.time) != 1 or len(record.batch) != 1:
            return
        rows = record.time[0].variable.evidence(Meaning.ROWS)
        if rows is None or record.time[0].means(Meaning.TIME, Meaning.SAMPLES):
            return
        if record.batch[0].means(Meaning.COPIES):
            self.follower.readings.exchanged(record, rows, label, shape)

    def _check_chain(self, record: CallRecord, label: Label, shape: tuple[int, ...]) -> None:
        """Rows of another layer as steps, none left for a batch, and the state is carried on."""
        if len(record.time) != 1 or size_of(record.batch) != 1 or not record.batched:
            return
        rows = record.time[0].variable.evidence(Meaning.ROWS)
        carried = any(part.record.layer == record.layer for part in record.state)
        if rows is None or not carried or record.time[0].means(Meaning.SAMPLES):
            return
        steps = record.time[0].variable.evidence(Meaning.TIME)
        if steps is not None and getattr(steps.source, "layer", None) != record.layer:
            return
        other = rows.source
        if isinstance(other, CallRecord) and other.layer != record.layer:
            self.follower.readings.exchanged(record, rows, label, shape)

    def _check_features(
        self, record: CallRecord, label: Label, feature: Axis, shape: tuple[int, ...]
    ) -> None:
        """As many steps as features, and it is the steps that look like features."""
        if size_of(record.time) != size_of(feature) or len(feature) != 1 or not record.time:
            return
        if feature[0].means(Meaning.FEATURE, Meaning.CHANNEL) or size_of(feature) == 1:
            return
        if any(f.means(Meaning.TIME, Meaning.ROWS, Meaning.SAMPLES) for f in record.time):
            return
        because = _why_features(record.time)
        if because is not None:
            self.follower.readings.made(record, because, label, shape)

    def _label_results(self, record: CallRecord, label: Label, value: Any, result: Any) -> None:
        config = record.config
        units: Axis = (Factor(config.output_size, record.units),)
        record.units.note(Evidence(Meaning.UNITS, f"{config.kind} made it"))
        record.units.note(Evidence(Meaning.FEATURE, f"{config.kind} made it"))
        if config.single_step:
            self._label_cell(record, label, units, result)
            return
        if not isinstance(result, tuple) or len(result) != 2:
            return
        output, last = result
        self._label_output(record, label, units, output)
        record.layers.note(Evidence(Meaning.LAYERS, f"h_n of {config.kind}"))
        record.directions.note(Evidence(Meaning.DIRECTIONS, f"h_n of {config.kind}"))
        batch = _unsorted(record.batch, value)
        tensors = last if isinstance(last, tuple) else (last,)
        for name, tensor in zip(("h_n", "c_n"), tensors, strict=False):
            self._label_state(record, name, tensor, batch, units, _kept(label))

    def _label_cell(self, record: CallRecord, label: Label, units: Axis, result: Any) -> None:
        tensors = result if isinstance(result, tuple) else (result,)
        for tensor in tensors:
            if isinstance(tensor, torch.Tensor):
                axes = (record.batch, units) if tensor.dim() == 2 else (units,)
                self.table.set(tensor, Label(axes, marks=label.marks))

    def _label_output(self, record: CallRecord, label: Label, units: Axis, output: Any) -> None:
        config = record.config
        directions = (Factor(2, record.directions),) if config.bidirectional else ()
        feature = directions + units
        part = frozenset({Part(record, "output")})
        mixed = label.mixed | {f.variable.root for f in record.time}
        if isinstance(output, PackedSequence):
            if label.packing is not None:
                found = Label(
                    (label.axes[0], feature), part, _kept(label), None, mixed, label.packing
                )
                self.table.set(output.data, found)
            return
        axes: Axes = (record.time, feature)
        if output.dim() == 3:
            both = (
                (record.batch, record.time) if config.batch_first else (record.time, record.batch)
            )
            axes = (*both, feature)
        marks = _kept(label) | _unmasked(record)
        self.table.set(output, Label(axes, part, marks, None, mixed))

    def _label_state(
        self,
        record: CallRecord,
        name: str,
        tensor: torch.Tensor,
        batch: Axis,
        units: Axis,
        kept: frozenset[Mark],
    ) -> None:
        config = record.config
        slots: Axis = ()
        if config.num_layers > 1:
            slots += (Factor(config.num_layers, record.layers),)
        if config.bidirectional:
            slots += (Factor(2, record.directions),)
        if name == "c_n" and config.proj_size:
            units = fresh(config.hidden_size, Evidence(Meaning.FEATURE, "c_n of the LSTM"))
        axes = (slots, batch, units) if tensor.dim() == 3 else (slots, units)
        marks = frozenset(mark for mark in kept if mark.kind == "sorted")
        self.table.set(tensor, Label(axes, frozenset({Part(record, name)}), marks))


def _why_features(axis: Axis) -> str | None:
    """Why an axis looks like features: made of several axes, or by a layer."""
    if len(axis) > 1 and not any(f.variable.known for f in axis):
        return f"{' x '.join(str(f.size) for f in axis)} values of each step were joined in it"
    if len(axis) == 1 and axis[0].variable.root.whole is None:
        found = axis[0].variable.evidence(Meaning.FEATURE)
        return found.because if found is not None else None
    return None


def _kept(label: Label) -> frozenset[Mark]:
    return frozenset(mark for mark in label.marks if mark.kind in ("tied", "sorted"))


def _unmasked(record: CallRecord) -> frozenset[Mark]:
    """The steps of padded sequences that went through the layer as if they were real ones."""
    if len(record.time) != 1 or not record.time[0].means(Meaning.PADDED):
        return frozenset()
    return frozenset({Mark("unmasked", record.location, record.time[0].variable, "whole")})


def _unsorted(batch: Axis, value: Any) -> Axis:
    """h_n comes back in the user's order when the sequences were packed unsorted."""
    indices = value.unsorted_indices if isinstance(value, PackedSequence) else None
    if indices is None or len(batch) != 1 or indices.numel() > _NO_ORDER:
        return batch
    found = permuted(batch[0], tuple(indices.tolist()))
    return (found,) if found is not None else fresh(size_of(batch))


def _time_text(record: CallRecord) -> str:
    if not record.batched:
        return f"{record.config.kind} reads a 2-D input as one sequence and steps along its axis 0"
    axis, flag = (1, "True") if record.config.batch_first else (0, "False")
    return f"{record.config.kind} with batch_first={flag} steps along axis {axis}"


def _rows_text(record: CallRecord) -> str:
    axis, flag = (0, "True") if record.config.batch_first else (1, "False")
    return f"{record.config.kind} with batch_first={flag} takes axis {axis} for the batch"
