"""Every torch function that is recorded, and the labels that it moves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import torch

import rnnscope.tracing.ops  # noqa: F401  (registers the operations)
from rnnscope.recording.user_code import here
from rnnscope.tracing import packing
from rnnscope.tracing.factors import fresh_axes
from rnnscope.tracing.following import Follower
from rnnscope.tracing.labels import Label
from rnnscope.tracing.operations import REGISTRY, Known, Operand, Operation
from rnnscope.tracing.table import LabelTable

_INTEGERS = frozenset((torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8))
_MOST_INDICES = 4096  # of an index whose values are read: longer ones are data
_LOOK_NAMES = """
shape dim size ndim ndimension numel dtype device requires_grad grad grad_fn is_leaf layout
stride is_floating_point is_contiguous item tolist is_cuda is_sparse __len__ is_complex names
is_nested __repr__ __format__ __str__ __bool__ __int__ __index__ zero_grad get_device data_ptr
element_size nelement storage_offset is_quantized is_meta is_same_size untyped_storage storage
__hash__ is_inference __reduce_ex__ _is_view _base _version __dir__ __get__ __set__
register_hook is_nonzero manual_seed set_grad_enabled _set_grad_enabled get_default_dtype
numpy grad_dtype itemsize
"""
_LOOKS = frozenset(_LOOK_NAMES.split())


class Statistics:
    """How much could be followed: for ``rnnscope run --stats``."""

    def __init__(self) -> None:
        self.calls = 0
        self.labelled = 0
        self.unknown: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()  # mistakes of rnnscope's own

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and names."""
        return {
            "functions": self.calls,
            "with_known_axes": self.labelled,
            "without_rule": dict(self.unknown.most_common()),
        }


class Propagation:
    """Gives the results of each function labels, from those of its arguments.

    ``hearers`` are told of the calls of the functions that they are registered under.
    """

    def __init__(self, table: LabelTable, follower: Follower) -> None:
        self.table = table
        self.follower = follower
        self.statistics = Statistics()
        self.hearers: dict[str, Callable[[tuple[Any, ...], Mapping[str, Any]], None]] = {}
        self._known: dict[Any, Known | str | bool | None] = {}

    def returned(
        self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], result: Any
    ) -> None:
        """A torch function has returned; a mistake of rnnscope's own is counted."""
        known = self._known.get(func, False)
        if known is False:
            known = self._known[func] = _found(func)
        if known is None:
            return
        try:
            self._heard(known, args, kwargs, result)  # type: ignore[arg-type]
        except Exception as error:
            self.statistics.failures[f"{known}: {error!r}"] += 1

    def _heard(
        self, known: Known | str, args: tuple[Any, ...], kwargs: Mapping[str, Any], result: Any
    ) -> None:
        if known == "_pack_padded_sequence":
            packing.packed(self.table, self.follower, args, result)
        elif known == "_pad_packed_sequence":
            packing.unpacked(self.table, args, result)
        elif known == "__setitem__":
            packing.assigned(self.table, args)
        else:
            hear = self.hearers.get(known if isinstance(known, str) else known.name)
            if hear is not None:
                hear(args, kwargs)
            self._follow(known, args, kwargs, result)

    def _follow(
        self, known: Known | str, args: tuple[Any, ...], kwargs: Mapping[str, Any], result: Any
    ) -> None:
        if isinstance(known, Known) and not known.source and not self._any_known(args, kwargs):
            return
        labels: list[Label] = []
        operands = [self._operand(value, labels) for value in args]
        named = {key: self._operand(value, labels) for key, value in kwargs.items()}
        self.statistics.calls += 1
        if isinstance(known, str):
            if labels:
                self.statistics.unknown[known] += 1
            return
        if not labels and not known.source:
            return
        if known.source:
            self._adopt(args, kwargs, operands, named, labels)
        tensors = _tensors(result)
        if not tensors:
            return
        place = here(2) if known.located else None
        operation = Operation(
            known.name, tuple(operands), named, tuple(tuple(t.shape) for t in tensors), place
        )
        differentiable = any(t.requires_grad for t in tensors)
        found = self.follower.follow(known, operation, tuple(labels), differentiable)
        if found is None:
            self.statistics.unknown[known.name] += 1
            for tensor in tensors:
                self.table.drop(tensor)
            return
        self.statistics.labelled += 1
        for tensor, label in zip(tensors, found, strict=True):
            self.table.set(tensor, label)

    def _any_known(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
        """A quick look: is one of the tensors among the arguments labelled?"""
        table = self.table
        for value in args:
            if isinstance(value, (list, tuple)):
                if any(id(item) in table for item in value):
                    return True
            elif id(value) in table:
                return True
        return any(id(value) in table for value in kwargs.values()) if kwargs else False

    def _operand(self, value: Any, labels: list[Label]) -> Any:
        if isinstance(value, torch.Tensor):
            label = self.table.get(value)
            if label is not None:
                labels.append(label)
            return self._tensor(value, label)
        if isinstance(value, (list, tuple)) and value:
            return (
                type(value)(self._operand(v, labels) for v in value)
                if type(value)
                in (
                    list,
                    tuple,
                )
                else value
            )
        return value

    def _tensor(self, value: torch.Tensor, label: Label | None) -> Operand:
        shape = tuple(value.shape)
        boolean = value.dtype is torch.bool
        values = None
        if value.dtype in _INTEGERS and len(shape) == 1 and shape[0] <= _MOST_INDICES:
            values = lambda: tuple(value.tolist())  # noqa: E731
        firsts = None
        if value.dtype in _INTEGERS and shape and 0 < shape[0] <= _MOST_INDICES:
            firsts = lambda: tuple(value.reshape(shape[0], -1)[:, 0].tolist())  # noqa: E731
        axes = fresh_axes(shape) if label is None else label.axes
        parameter = isinstance(value, torch.nn.Parameter)
        return Operand(shape, axes, label is not None, boolean, values, parameter, firsts, label)

    def _adopt(
        self,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        operands: list[Any],
        named: dict[str, Any],
        labels: list[Label],
    ) -> None:
        """The tensors of an operation that is a source of axes get labels, if they had none."""
        for value, operand in (
            *zip(args, operands, strict=True),
            *((kwargs[key], named[key]) for key in kwargs),
        ):
            if isinstance(value, tuple) and isinstance(operand, tuple):
                pairs = list(zip(value, operand, strict=True))
            else:
                pairs = [(value, operand)]
            for tensor, made in pairs:
                if isinstance(made, Operand) and _is_adoptable(made):
                    label = Label(made.axes)
                    self.table.set(tensor, label)
                    labels.append(label)


def _is_adoptable(operand: Operand) -> bool:
    """A tensor of data that nothing is known of yet."""
    plain = not operand.known and not operand.parameter and not operand.boolean
    return plain and bool(operand.shape)


def _found(func: Any) -> Known | str | None:
    """The rule for a function; its name where it has none; None where it makes no tensor."""
    name = getattr(func, "__name__", "")
    if name == "__get__":
        name = getattr(getattr(func, "__self__", None), "__name__", "")
        return REGISTRY.get(name) if name in ("T", "mT", "H", "mH", "data", "real") else None
    if name in _LOOKS or name == "__set__":
        return None
    return REGISTRY.get(name) or name


def _tensors(result: Any) -> list[torch.Tensor]:
    if isinstance(result, torch.Tensor):
        return [result]
    if isinstance(result, (tuple, list)):
        return [item for item in result if isinstance(item, torch.Tensor)]
    return []
