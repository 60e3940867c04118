"""Losses: where scores meet targets."""

from __future__ import annotations

from rnnscope.tracing.factors import Axes, fresh_axes, size_of
from rnnscope.tracing.operations import Lost, Note, Operand, Operation, Outcome, operation
from rnnscope.tracing.ops.pointwise import binary


def _targets(call: Operation) -> Operand | None:
    found = call.get(1, "target")
    return found if isinstance(found, Operand) else None


@operation("cross_entropy", "nll_loss", "nll_loss_nd", "multi_margin_loss")
def classes(call: Operation) -> Outcome:
    """(N, C, d1…) against (N, d1…): the classes are axis 1, of one sample alone axis 0."""
    scores, targets = call.first, _targets(call)
    class_dim = 1 if scores.ndim > 1 else 0
    return Outcome(_kept(call, scores), (Lost(scores, targets, class_dim, call.name),))


_ELEMENTWISE = """
mse_loss l1_loss smooth_l1_loss huber_loss binary_cross_entropy kl_div poisson_nll_loss
binary_cross_entropy_with_logits gaussian_nll_loss soft_margin_loss hinge_embedding_loss
multilabel_soft_margin_loss multilabel_margin_loss
"""


@operation(*_ELEMENTWISE.split())
def elementwise(call: Operation) -> Outcome:
    """Element by element, broadcast if the shapes differ."""
    scores, targets = call.first, _targets(call)
    notes: tuple[Note, ...] = (Lost(scores, targets, None, call.name),)
    if targets is not None and call.shape == ():
        pair = Operation(call.name, (scores, targets), {}, (_broadcast(scores, targets),))
        notes += binary(pair).notes
    return Outcome(_kept(call, scores), notes)


def _broadcast(one: Operand, other: Operand) -> tuple[int, ...]:
    ndim = max(one.ndim, other.ndim)
    shapes = [(1,) * (ndim - t.ndim) + t.shape for t in (one, other)]
    return tuple(max(pair) for pair in zip(*shapes, strict=True))


def _kept(call: Operation, scores: Operand) -> Axes:
    """reduction='none' leaves the axes of the targets."""
    if call.shape == ():
        return ()
    targets = _targets(call)
    if call.shape == scores.shape:
        return scores.axes
    if targets is not None and call.shape == targets.shape:
        rest = scores.axes[:1] + scores.axes[2:]
        if len(rest) == len(call.shape) and all(
            size_of(a) == n for a, n in zip(rest, call.shape, strict=True)
        ):
            return rest
    return fresh_axes(call.shape)


@operation("ctc_loss")
def ctc(call: Operation) -> Outcome:
    """(T, N, C) log-probabilities."""
    return Outcome(fresh_axes(call.shape), (Lost(call.first, None, 2, call.name),))


_COMPARING = """
triplet_margin_loss cosine_embedding_loss margin_ranking_loss
triplet_margin_with_distance_loss
"""


@operation(*_COMPARING.split())
def comparing(call: Operation) -> Outcome:
    return Outcome(fresh_axes(call.shape), (Lost(call.first, None, None, call.name),))
