"""Does a change of one sample move another sample's output, and from which line on?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from rnnscope.probing.alignment import Alignment, alignment, changed, pairwise
from rnnscope.probing.calls import ModelCall
from rnnscope.probing.copying import map_tensors, tensors_in
from rnnscope.probing.replay import Replay, Step
from rnnscope.subjects.proofs import Disorder, Leak

REGROUPING = frozenset(("view", "reshape", "flatten", "unflatten", "view_as", "reshape_as"))
Run = Callable[[object, object], Replay]


@dataclass(frozen=True, slots=True)
class Samples:
    """How many samples a call holds, and on which axis of each of its tensors (None: on none)."""

    count: int
    axes: tuple[int | None, ...]

    @property
    def chosen(self) -> tuple[int, ...]:
        """Samples worth changing: neighbours, the last, and one in the middle."""
        return tuple(sorted({0, 1, self.count - 1, self.count // 2}))


def samples_of(call: ModelCall) -> Samples | None:
    """Where the samples of a call are, if it can be told without a guess."""
    if call.batch is None:
        return None
    if all(axis is None for axis in call.axes):
        return None
    return Samples(call.batch.size, call.axes)


def with_sample_changed(call: ModelCall, samples: Samples, sample: int) -> tuple[object, object]:
    """The call's arguments with the values of one sample replaced, its padding kept."""
    kept = padding_values(call.model)
    several = any(
        axis is not None and (tensor.dim() > 1 or tensor.is_floating_point())
        for tensor, axis in zip(call.tensors, samples.axes, strict=True)
    )
    numbers = iter(samples.axes)

    def change(tensor: torch.Tensor) -> torch.Tensor:
        axis = next(numbers)
        if axis is None or (several and _says_lengths(tensor)) or _is_mask(tensor):
            return tensor
        after = tensor.clone()
        row = after.select(axis, sample)
        row.copy_(other_values(row, tensor, kept))
        return after

    return map_tensors((call.args, dict(call.kwargs)), change)  # type: ignore[no-any-return]


def padding_values(model: nn.Module) -> frozenset[int]:
    """The token ids that mean padding: 0, and what the model's embeddings say."""
    said = (getattr(module, "padding_idx", None) for module in model.modules())
    return frozenset({0} | {value for value in said if isinstance(value, int)})


def _says_lengths(tensor: torch.Tensor) -> bool:
    return tensor.dim() <= 1 and not tensor.is_floating_point()


def _is_mask(tensor: torch.Tensor) -> bool:
    if tensor.dtype is torch.bool:
        return True
    return (
        tensor.is_floating_point()
        and tensor.dim() == 2
        and bool(((tensor == 0) | (tensor == 1)).all())
    )


def other_values(row: torch.Tensor, whole: torch.Tensor, kept: frozenset[int]) -> torch.Tensor:
    """Values unlike those of ``row``, of the kind that ``whole`` holds; padding stays."""
    if row.is_floating_point() or row.is_complex():
        scale = whole.abs().mean() + 1e-3
        wave = torch.linspace(0.5, 1.5, max(row.numel(), 1), device=row.device).reshape(row.shape)
        return row + (scale * wave).to(row.dtype) * (row != 0)
    values = [v for v in torch.unique(whole).tolist() if v not in kept]
    following = dict(zip(values, values[1:] + values[:1], strict=True))
    changed_values = [following.get(v, v) for v in row.flatten().tolist()]
    return torch.tensor(changed_values, dtype=row.dtype, device=row.device).reshape(row.shape)


def are_apart(masks: Sequence[torch.Tensor], samples: Samples) -> bool:
    """True when each sample has elements of its own, or the tensor is a table of all pairs."""
    if alignment(masks, samples.count) is not None:
        return True
    return len(masks) == len(samples.chosen) and pairwise(masks, samples.chosen, samples.count)


@dataclass(slots=True)
class Comparison:
    """One run on the call's own arguments, and one for each chosen sample with that one changed."""

    before: Replay
    after: Sequence[Replay]
    samples: Samples

    def masks(self, number: int, result: int) -> list[torch.Tensor]:
        """What each chosen sample's change changed in one result of one step."""
        base = self.before.steps[number].results[result]
        others = (run.steps[number].results[result] for run in self.after)
        return [changed(base, o) for o in others if o.shape == base.shape]

    def apart(self, number: int) -> bool:
        """True when every result of a step keeps the samples apart, or has nothing of them."""
        count = len(self.before.steps[number].results)
        return all(self._apart(number, result) for result in range(count))

    def _apart(self, number: int, result: int) -> bool:
        masks = self.masks(number, result)
        if not any(bool(mask.any()) for mask in masks):
            return True
        return bool(masks[0].dim()) and are_apart(masks, self.samples)

    def first_mixing(self) -> int | None:
        """The first step from which on the samples are not apart, on the way to the output."""
        wanted = ancestors(self.before)
        mixed: set[int] = set()
        for number, step in enumerate(self.before.steps):
            if number not in wanted or any(source in mixed for source in step.sources):
                mixed |= {number} if any(s in mixed for s in step.sources) else set()
                continue
            if not self.apart(number):
                return number
        return None


def ancestors(run: Replay) -> set[int]:
    """The steps that the outputs of a run depend on; all of them when it cannot be told."""
    todo = [run.producers[id(t)] for t in run.outputs if id(t) in run.producers]
    if not todo:
        return set(range(len(run.steps)))
    found: set[int] = set()
    while todo:
        number = todo.pop()
        if number not in found:
            found.add(number)
            todo.extend(run.steps[number].sources)
    return found


def find_leak(call: ModelCall, run: Run) -> Leak | Disorder | None:
    """Change some samples, one at a time, and see whose outputs move; None when all is well."""
    samples = samples_of(call)
    if samples is None or samples.count < 2:
        return None
    before = run(call.args, dict(call.kwargs))
    after = [run(*with_sample_changed(call, samples, sample)) for sample in samples.chosen]
    if not all(before.same_path(other) for other in after):
        return None
    comparison = Comparison(before, after, samples)
    mixed = _mixed_output(comparison)
    if mixed is None:
        return _disordered_output(comparison)
    number = comparison.first_mixing()
    if number is None:
        return None
    return _disorder_at(comparison, number) or _leak_at(comparison, number, mixed, call)


def _outputs(run: Replay) -> list[torch.Tensor]:
    return [t for t in tensors_in(run.result) if t.dim() > 0]


def _mixed_output(comparison: Comparison) -> tuple[int, int, float] | None:
    """(sample, other, moved) of the first output in which samples are not apart."""
    for place, base in enumerate(_outputs(comparison.before)):
        others = [_outputs(run)[place] for run in comparison.after]
        masks = [changed(base, o) for o in others if o.shape == base.shape]
        if not any(bool(mask.any()) for mask in masks) or not base.is_floating_point():
            continue
        if not are_apart(masks, comparison.samples):
            return _movement(base, others, comparison.samples)
    return None


def _movement(
    base: torch.Tensor, others: list[torch.Tensor], samples: Samples
) -> tuple[int, int, float] | None:
    """How far another sample's output moved: along the axis that is as long as the batch."""
    axis = next((a for a, size in enumerate(base.shape) if size == samples.count), None)
    if axis is None:
        return None
    best = (0, 0, 0.0)
    for sample, after in zip(samples.chosen, others, strict=True):
        moved = (base - after).abs().movedim(axis, 0).flatten(1).amax(1)
        moved[sample] = 0
        other = int(moved.argmax())
        best = max(best, (sample, other, float(moved[other])), key=lambda found: found[2])
    return best if best[2] > 0 else None


def _leak_at(
    comparison: Comparison, number: int, mixed: tuple[int, int, float], call: ModelCall
) -> Leak:
    step = comparison.before.steps[number]
    return Leak(
        operation=step.name,
        sample=mixed[0],
        other=mixed[1],
        moved=mixed[2],
        location=step.location or call.location,
        shape=tuple(step.results[0].shape),
        recurrent=step.recurrent,
        regroups=step.name in REGROUPING,
        batch=call.batch,
    )


def _order(masks: list[torch.Tensor], samples: Samples) -> tuple[int, ...] | None:
    """The row of each chosen sample, along an axis that is as long as the batch."""
    if not masks or not all(bool(mask.any()) for mask in masks) or not masks[0].dim():
        return None
    found: Alignment | None = alignment(masks, samples.count)
    if found is None or masks[0].shape[found.axis] != samples.count:
        return None
    return tuple(min(row) for row in found.rows)


def _disordered_output(comparison: Comparison) -> Disorder | None:
    """An output whose rows are in another order, unless the model returns that order as well."""
    samples, outputs = comparison.samples, _outputs(comparison.before)
    for place, base in enumerate(outputs):
        others = [_outputs(run)[place] for run in comparison.after]
        if any(o.shape != base.shape for o in others) or not base.is_floating_point():
            continue
        order = _order([changed(base, o) for o in others], samples)
        if order is None or order == samples.chosen or _is_returned(outputs, samples.count):
            continue
        row, sample = next(p for p in zip(order, samples.chosen, strict=True) if p[0] != p[1])
        step = _first_with_order(comparison, order)
        place_ = step.location if step else None
        return Disorder(row, sample, place_, ordered_at=place_)
    return None


def _is_returned(outputs: list[torch.Tensor], count: int) -> bool:
    rows = list(range(count))
    whole = [t for t in outputs if not t.is_floating_point() and t.shape == (count,)]
    return any(sorted(t.tolist()) == rows for t in whole)


def _orders(comparison: Comparison, number: int) -> tuple[int, ...] | None:
    return _order(comparison.masks(number, 0), comparison.samples)


def _first_with_order(comparison: Comparison, order: tuple[int, ...]) -> Step | None:
    steps = comparison.before.steps
    numbers = (n for n in range(len(steps)) if _orders(comparison, n) == order)
    first = next(numbers, None)
    return None if first is None else steps[first]


def _disorder_at(comparison: Comparison, number: int) -> Disorder | None:
    """Two tensors meet whose rows are in different orders: one was restored, the other was not."""
    steps, chosen = comparison.before.steps, comparison.samples.chosen
    orders = {source: _orders(comparison, source) for source in steps[number].sources}
    wrong = next((o for o in orders.values() if o is not None and o != chosen), None)
    if wrong is None or chosen not in orders.values():
        return None
    restored = next(
        (
            step.location
            for n, step in enumerate(steps[:number])
            if _orders(comparison, n) == chosen
            and any(_orders(comparison, source) == wrong for source in step.sources)
        ),
        None,
    )
    row, sample = next(p for p in zip(wrong, chosen, strict=True) if p[0] != p[1])
    ordered = _first_with_order(comparison, wrong)
    return Disorder(
        row,
        sample,
        restored or steps[number].location,
        ordered_at=ordered.location if ordered else None,
        restored_at=restored,
    )
