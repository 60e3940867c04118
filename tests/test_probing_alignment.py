"""Along which axis the samples of a tensor are apart, told from what a changed sample changes."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from rnnscope.experiments.alignment import alignment, changed, pairwise


def masks(build: Any, samples: int, chosen: tuple[int, ...]) -> list[torch.Tensor]:
    x = torch.randn(samples, 3, 4)
    return [changed(build(x), build(_with(x, sample))) for sample in chosen]


def _with(x: torch.Tensor, sample: int) -> torch.Tensor:
    after = x.clone()
    after[sample] += 1
    return after


@pytest.mark.parametrize(
    ("build", "axis"),
    [
        (lambda x: x, 0),
        (lambda x: x.transpose(0, 1), 1),
        (lambda x: x.reshape(-1, 4), 0),
        (lambda x: x.transpose(0, 2).reshape(4, -1), 1),
        (lambda x: x[[3, 1, 0, 2, 4]], 0),
        (lambda x: torch.cat((x, -x)), 0),
        (lambda x: x.flatten(), 0),
        (lambda x: x.sum(dim=(1, 2)), 0),
        (lambda x: x.reshape(3, 5, 4), None),
        (lambda x: x.transpose(0, 1).reshape(5, 12), None),
        (lambda x: x.softmax(dim=0), None),
        (lambda x: x + x.flip(0), None),
        (lambda x: x.mean(dim=0), None),
    ],
)
def test_along_which_axis_samples_are_apart(build: Any, axis: int | None) -> None:
    found = alignment(masks(build, 5, (0, 1, 2, 4)), 5)
    assert (found.axis if found else None) == axis


def test_a_table_of_pairs_is_no_mixture() -> None:
    chosen = (0, 1, 4)
    table = masks(lambda x: x.flatten(1) @ x.flatten(1).t(), 5, chosen)
    assert alignment(table, 5) is None
    assert pairwise(table, chosen, 5)
    assert not pairwise(masks(lambda x: (x[:, 0] @ x[:, 1].t()).softmax(0), 5, chosen), chosen, 5)


def test_rows_of_the_first_and_of_the_last_sample_may_meet() -> None:
    rows = torch.zeros(3, 4, dtype=torch.bool)
    rows[0, 0] = rows[1, 1] = rows[2, 0] = True
    assert alignment(list(rows), 3) is None


def test_an_axis_as_long_as_there_are_samples_has_one_row_of_each() -> None:
    rows = torch.zeros(2, 4, dtype=torch.bool)
    rows[0, :2] = rows[1, 2:] = True
    assert alignment(list(rows), 4) is None
    assert alignment(list(rows), 2) is not None
