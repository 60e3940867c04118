"""``rnnscope.name_axes``: what the user says of the axes is evidence like any other."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import rnnscope
from rnnscope.axis_names import AxisNamesError


def codes(batch_first: bool, names: str) -> set[str]:
    gru, head = nn.GRU(4, 6, batch_first=batch_first), nn.Linear(6, 2)
    with rnnscope.watch() as seen:
        x = rnnscope.name_axes(torch.randn(3, 5, 4), names)
        head(gru(x)[0]).sum().backward()
    return {finding.code for finding in seen.findings}


def test_a_layer_that_reads_the_axes_as_they_are_named_is_right() -> None:
    assert codes(True, "N L H_in") == set()
    assert codes(False, "L N H_in") == set()


def test_a_layer_that_steps_along_the_samples_is_found() -> None:
    assert "RNN301" in codes(False, "N L H_in")
    assert "RNN301" in codes(True, "L N H_in")


def test_nothing_is_said_of_an_axis_without_a_name() -> None:
    assert codes(False, "_ _ _") == set()


def test_the_tensor_itself_comes_back() -> None:
    x = torch.randn(3, 5, 4)
    assert rnnscope.name_axes(x, "N L H_in") is x
    with rnnscope.watch():
        assert rnnscope.name_axes(x, "N L H_in") is x


@pytest.mark.parametrize("names", ["", "N L", "N L H_in extra"])
def test_names_that_are_not_as_many_as_the_axes(names: str) -> None:
    with pytest.raises(AxisNamesError, match=r"the tensor has 3: \(3, 5, 4\)"):
        rnnscope.name_axes(torch.randn(3, 5, 4), names)
