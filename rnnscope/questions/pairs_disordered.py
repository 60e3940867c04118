"""Where each sample is to choose its own partner from a table of all pairs: is that its own row?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.replay import ReplayError, quietly
from rnnscope.experiments.roles import roots
from rnnscope.experiments.samples import Separation, separation
from rnnscope.experiments.usage import usage
from rnnscope.questions.orders import order_of, reordered_at
from rnnscope.subjects.experiment_results import Disorder


def pairs_disordered(laboratory: Laboratory) -> Iterator[Disorder]:
    """Two inputs that meet in a table whose diagonal is wanted, one of them in another order."""
    tape = laboratory.tape
    if tape.loss is None:
        return
    found = [r for r in roots(tape, tape.loss) if len(tape.shape(r.slot)) > 1]
    for call in tape.leading_to(tape.loss):
        table = call.results[0]
        count, *rest = (*tape.shape(table), 0)
        given = [root for root in found if tape.shape(root.slot)[0] == count > 1]
        if rest[:-1] != [count] or table not in tape.learnt or len(given) < 2:
            continue
        tried = [separation(laboratory, root, 0) for root in given[:2]]
        pairs = [(a, b) for a, b in combinations(tried, 2) if a is not None and b is not None]
        for one, other in pairs:
            yield from _compared(laboratory, table, one, other)
        return


def _compared(
    laboratory: Laboratory, table: int, one: Separation, other: Separation
) -> Iterator[Disorder]:
    rows = one.rows(table), other.rows(table)
    if rows[0] is None or rows[1] is None or rows[0][0] == rows[1][0]:
        return
    orders = order_of(one, table), order_of(other, table)
    for tried, order, straight in ((one, *orders), (other, *orders[::-1])):
        if order is None or order == tried.chosen or straight != tried.chosen:
            continue
        if _wants_diagonal(laboratory, table):
            place = reordered_at(tried, table)
            row, sample = next(p for p in zip(order, tried.chosen, strict=True) if p[0] != p[1])
            yield Disorder(row, sample, place, ordered_at=place)


def _wants_diagonal(laboratory: Laboratory, table: int) -> bool:
    """True where the loss pulls all of the diagonal one way, and all the rest the other way."""
    used, loss = usage(laboratory, (table,)), laboratory.tape.loss
    try:
        found = used.gradients((loss,)) if used is not None and loss is not None else {}
    except ReplayError:
        return False
    gradient = found.get(table)
    if gradient is None:
        return False
    with quietly():
        diagonal = gradient.diagonal()
        rest = gradient - diagonal.diag()
        return any(
            bool((sign * diagonal <= 0).all() and (sign * diagonal < 0).any())
            and bool((sign * rest >= 0).all() and (sign * rest > 0).any())
            for sign in (1, -1)
        )
