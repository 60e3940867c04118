"""Every traced operation against torch: what labels claim holds when one element moves."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from conftest import at_least
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.overrides import TorchFunctionMode

from rnnscope.tracing.factors import Factor, Variable, fresh_axes, shape_of
from rnnscope.tracing.following import Follower
from rnnscope.tracing.labels import Label
from rnnscope.tracing.propagation import Propagation
from rnnscope.tracing.reshape_algebra import regroup
from rnnscope.tracing.table import LabelTable

Step = Callable[[torch.Tensor], Any]


def divisors(n: int) -> list[int]:
    return [d for d in range(1, n + 1) if n % d == 0]


def dims(x: torch.Tensor) -> st.SearchStrategy[int]:
    return st.integers(-x.dim(), x.dim() - 1)


@st.composite
def steps(draw: st.DrawFn, x: torch.Tensor) -> tuple[str, Step]:
    """One operation that this tensor allows."""
    options = ["pointwise", "view", "unsqueeze", "relu", "binary", "repeat"]
    if x.dim():
        options += ["transpose", "select", "narrow", "softmax", "sum", "linear", "cat", "chunk"]
        options += ["flatten", "squeeze", "flip", "index", "permute", "stack", "unbind", "matmul"]
        options += ["max", "mask", "expand", "gather", "slice", "cumsum", "movedim", "roll"]
    name = draw(st.sampled_from(options))
    return name, _step(draw, name, x)


def _step(draw: st.DrawFn, name: str, x: torch.Tensor) -> Step:
    if name == "view":
        first = draw(st.sampled_from(divisors(x.numel()))) if x.numel() else 1
        second = draw(st.sampled_from(divisors(x.numel() // first)))
        return lambda t: t.reshape(first, second, -1)
    if name == "unsqueeze":
        return lambda t: t.unsqueeze(0)
    if name == "repeat":
        return lambda t: t.repeat(2, *[1] * t.dim())
    simple: dict[str, Step] = {
        "pointwise": lambda t: torch.tanh(t).clone() * 2 + 1,
        "relu": lambda t: F.gelu(t),
        "binary": lambda t: t * t.detach() - t,
        "flatten": lambda t: t.flatten(),
        "squeeze": lambda t: t.squeeze(),
    }
    if name in simple:
        return simple[name]
    return _along(draw, name, x)


def _along(draw: st.DrawFn, name: str, x: torch.Tensor) -> Step:
    dim, other = draw(dims(x)), draw(dims(x))
    size = x.shape[dim]
    at = draw(st.integers(0, size - 1))
    order = draw(st.permutations(range(x.dim())))
    rows = torch.tensor(draw(st.permutations(range(size))))
    weight = torch.randn(3, x.shape[-1], dtype=x.dtype)
    steps: dict[str, Step] = {
        "transpose": lambda t: t.transpose(dim, other),
        "permute": lambda t: t.permute(order),
        "movedim": lambda t: t.movedim(dim, other),
        "select": lambda t: t.select(dim, at),
        "slice": lambda t: t.movedim(dim, 0)[at:],
        "narrow": lambda t: t.narrow(dim, at, size - at),
        "softmax": lambda t: t.softmax(dim),
        "cumsum": lambda t: t.cumsum(dim),
        "sum": lambda t: t.sum(dim, keepdim=at % 2 == 0),
        "max": lambda t: t.max(dim).values,
        "linear": lambda t: F.linear(t, nn.Parameter(weight)),
        "matmul": lambda t: t @ nn.Parameter(weight.t()),
        "cat": lambda t: torch.cat([t, t.neg()], dim),
        "stack": lambda t: torch.stack([t, t.neg()], dim),
        "chunk": lambda t: t.chunk(2, dim)[0],
        "unbind": lambda t: t.unbind(dim)[at],
        "flip": lambda t: t.flip(dim),
        "roll": lambda t: t.roll(1, dim),
        "index": lambda t: t.index_select(dim, rows),
        "mask": lambda t: t.masked_fill(t.detach() > 1, 0.0),
        "expand": lambda t: t.unsqueeze(0).expand(3, *t.shape),
        "gather": lambda t: t.gather(dim, torch.zeros_like(t, dtype=torch.long)),
    }
    return steps[name]


class _Following(TorchFunctionMode):
    """Hands each function to the labels, as a recording does."""

    def __init__(self, labels: Propagation) -> None:
        super().__init__()
        self.labels = labels

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        self.labels.returned(func, args, kwargs or {}, result)
        return result


def traced(x: torch.Tensor, chain: list[Step]) -> tuple[torch.Tensor, Label | None, Label]:
    """Run a chain under the mode, from an input whose axes are all different things."""
    table = LabelTable()
    labels = Propagation(table, Follower(lambda _: None, lambda: None))
    start = Label(tuple((Factor(n, Variable()),) if n > 1 else () for n in x.shape))
    table.set(x, start)
    y = x
    with _Following(labels):
        for step in chain:
            y = step(y)
    return y, table.get(y), start


def check(x: torch.Tensor, chain: list[Step]) -> None:
    y, label, start = traced(x, chain)
    if label is None:
        return
    assert shape_of(label.axes) == tuple(y.shape)
    for dim, axis in enumerate(start.axes):
        for factor in axis:
            _check_factor(x, chain, y, label, dim, factor)


def _check_factor(
    x: torch.Tensor, chain: list[Step], y: torch.Tensor, label: Label, dim: int, factor: Factor
) -> None:
    """Moving element i along a factor moves only elements i along it, wherever it has gone.

    A table of all pairs has the same factor twice: there it is enough that one of the two is i.
    """
    places = [f for axis in label.axes for f in axis]
    alike = [n for n, f in enumerate(places) if f.is_(factor)]
    untold = any(places[n].window or places[n].size != factor.size for n in alike)
    if not alike or untold or factor.variable.root in label.mixed:
        return
    for i in range(factor.size):
        moved = x.clone()
        moved.select(dim, i).add_(0.37)
        for step in chain:
            moved = step(moved)
        changed = (y != moved).reshape([f.size for f in places])
        for number in alike:
            order = places[number].order or tuple(range(factor.size))
            changed = changed.index_fill(number, torch.tensor(order.index(i)), False)
        assert not changed.any()


@given(st.data())
@at_least(200)
def test_labels_of_random_chains_are_right_or_unknown(data: st.DataObject) -> None:
    shape = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    torch.manual_seed(0)
    x = torch.randn(shape, dtype=torch.float64)
    y, chain = x, []
    for _ in range(data.draw(st.integers(1, 5))):
        _, step = data.draw(steps(y))
        result = step(y)
        if result.dim() > 5 or result.numel() > 500 or not result.numel():
            break
        chain.append(step)
        y = result
    check(x, chain)


CASES: dict[str, tuple[tuple[int, ...], Step]] = {
    "einsum": ((3, 4, 5), lambda t: torch.einsum("nlh,nkh->nlk", t, t)),
    "bmm": ((3, 4, 5), lambda t: torch.bmm(t, t.transpose(1, 2))),
    "conv1d": ((3, 4, 5), lambda t: F.conv1d(t, nn.Parameter(torch.ones(2, 4, 3).to(t)))),
    "layer_norm": ((3, 5), lambda t: t.mean(-1)),
    "masked rows": ((4, 3), lambda t: t[torch.tensor([True, False, True, True])]),
    "two indices": ((4, 3, 2), lambda t: t[torch.arange(4), torch.tensor([0, 2, 1, 0])]),
    "ellipsis": ((4, 3, 2), lambda t: t[..., -1]),
    "none": ((4, 3), lambda t: t[:, None]),
    "unflatten": ((4, 6), lambda t: t.unflatten(1, (2, 3))),
    "repeat_interleave": ((4, 3), lambda t: t.repeat_interleave(2, 0)),
    "where": ((4, 3), lambda t: torch.where(t > 0, t, t * 2)),
    "mT": ((2, 4, 3), lambda t: t.mT),
    "logsumexp": ((4, 3), lambda t: t.logsumexp(1)),
    "pad": ((4, 3), lambda t: F.pad(t, (1, 1))),
    "cross": ((4, 3), lambda t: t.unsqueeze(1) - t.unsqueeze(0)),
    "mse": ((4, 3), lambda t: F.mse_loss(t, t * 2, reduction="none")),
    "glu": ((4, 6), lambda t: F.glu(t)),
    "split": ((6, 3), lambda t: t.split([2, 4])[1]),
    "outer": ((4,), lambda t: torch.outer(t, t)),
    "pool": ((2, 3, 6), lambda t: F.max_pool1d(t, 2)),
}


@pytest.mark.parametrize("name", CASES)
def test_one_operation(name: str) -> None:
    shape, step = CASES[name]
    torch.manual_seed(1)
    x = torch.randn(shape, dtype=torch.float64)
    y, label, _ = traced(x, [step])
    assert label is not None, "no rule"
    assert tuple(y.shape) == shape_of(label.axes)
    check(x, [step])


def test_a_clean_cut_keeps_the_outer_part_apart() -> None:
    (axis,) = fresh_axes((6,))
    result = regroup((axis,), (2, 3))
    back = regroup(result.axes, (6,))
    assert back.axes == (axis,)
    assert not result.scrambled


@given(st.lists(st.integers(1, 6), min_size=1, max_size=4), st.data())
@at_least(100)
def test_a_regrouping_has_the_new_shape(shape: list[int], data: st.DataObject) -> None:
    first = data.draw(st.sampled_from(divisors(prod(shape))))
    new = (first, prod(shape) // first)
    assert shape_of(regroup(fresh_axes(shape), new).axes) == new
