"""Assertions on behaviour: what is right holds, what is not shows its smallest witness."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import find, given, settings
from hypothesis.errors import InvalidArgument
from sequence_modules import Attends, Both, ByHand, Encoder, Function, Lengths, ThenGRU, tcn
from torch import Tensor, nn

from rnnscope.strategies import sequence_inputs
from rnnscope.testing import (
    assert_batch_independent,
    assert_causal,
    assert_continues,
    assert_padding_invariant,
    assert_permutation_equivariant,
)


def failure(check: Any, *given: Any, **options: Any) -> str:
    with pytest.raises(AssertionError) as caught:
        check(*given, **options)
    return str(caught.value)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


@settings(max_examples=10, deadline=None)
@given(sequence_inputs(4))
def test_what_is_right_holds_for_every_size(x: Tensor) -> None:
    gru = nn.GRU(4, 5, batch_first=True)
    assert_batch_independent(gru, x)
    assert_causal(gru, x)
    assert_continues(gru, x)
    assert_permutation_equivariant(gru, x)
    assert_padding_invariant(lambda x: F.relu(x).sum(1), x)


def test_a_layer_of_torchs_says_itself_which_axis_is_which() -> None:
    x = torch.randn(6, 3, 4)
    assert_causal(nn.LSTM(4, 5), x)
    assert_batch_independent(nn.LSTM(4, 5), x)
    assert_continues(nn.LSTM(4, 5), x)
    assert_causal(tcn(True), torch.randn(3, 4, 9), time=2)
    assert_causal(ByHand(), torch.randn(6, 3, 4), batch=1, time=0)
    assert_continues(ByHand(), torch.randn(6, 3, 4), batch=1, time=0)


def test_a_leak_shows_one_sample_one_step_and_what_moved() -> None:
    leaky = ThenGRU(lambda x: x - x.mean(0))
    said = failure(assert_batch_independent, leaky, torch.randn(3, 5, 4))
    assert said.startswith("output[1, 0, 0] moved by ")
    assert said.splitlines()[0].endswith(" when x[0, 0] changed")
    assert "output[0] by x[0], samples" in said


def test_a_step_that_sees_the_future_shows_the_earliest() -> None:
    said = failure(assert_causal, Both(), torch.randn(3, 5, 4))
    assert said.startswith("output[0, 0, 5] moved by ")
    assert said.splitlines()[0].endswith(" when x[0, 1] changed")
    assert "█" in said


def test_training_mode_is_tested_as_it_is() -> None:
    norm = ThenGRU(nn.BatchNorm1d(6))
    x = torch.randn(3, 6, 4)
    assert_batch_independent(norm.eval(), x)
    assert "moved by" in failure(assert_batch_independent, norm.train(), x)
    assert norm.training
    assert norm.state_dict()["function.num_batches_tracked"] == 0


def test_halves_that_are_not_the_whole() -> None:
    both = nn.GRU(4, 5, bidirectional=True)
    said = failure(assert_continues, both, torch.randn(6, 3, 4))
    assert said.startswith("cut at step 1, the halves are not the whole, they differ by ")
    said = failure(assert_continues, nn.Linear(4, 5), torch.randn(3, 6, 4))
    assert said.startswith("it hands on no state")


def test_padding_by_zeros_by_a_mask_and_by_lengths() -> None:
    x = torch.randn(3, 5, 4)
    said = failure(assert_padding_invariant, Attends(), x)
    assert said.startswith("output moved when 2 steps of padding came behind the 5")
    mask = torch.zeros(3, 5, dtype=torch.bool)
    assert_padding_invariant(Encoder().eval(), torch.randn(3, 5, 8), mask)
    assert_padding_invariant(Lengths(), x, torch.tensor([5, 2, 4]))
    assert_padding_invariant(lambda x: x[:, -1], x, before=True)


def test_an_order_that_matters() -> None:
    ranked = Function(lambda x: x * torch.arange(len(x))[:, None, None])
    said = failure(assert_permutation_equivariant, ranked, torch.randn(3, 5, 4))
    assert "when the order along axis 0 was turned around" in said
    assert_permutation_equivariant(Encoder().eval(), torch.randn(3, 5, 8), axis=1)


def test_sizes_tell_axes_apart() -> None:
    found = find(sequence_inputs(4, 5, axes="NFL"), lambda x: x.shape[0] > 2)
    assert found.shape == (3, 4, 5, 2)
    for axes in ("NLF", "LNF", "NFL"):
        shape = find(sequence_inputs(2, axes=axes), lambda x: True).shape
        assert len(set(shape)) == 3
        assert min(shape) == 2
    with pytest.raises(InvalidArgument, match="no order of N, L and F"):
        sequence_inputs(4, axes="NTF")
    with pytest.raises(InvalidArgument, match="min_batch=1"):
        sequence_inputs(4, min_batch=1)
