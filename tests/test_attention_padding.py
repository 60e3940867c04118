"""Attention over padded steps: found without a mask, or with one that hides the wrong ones."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from test_shares import Asked
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from rnnscope.measuring.randomness import preserved_randomness
from rnnscope.recording.recorder import RECORDER
from rnnscope.subjects.experiment_results import PaddingRead

LENGTHS = torch.tensor([7, 5, 3, 2])
N, L, H = 4, 7, 6
HIDDEN = torch.arange(L) >= LENGTHS[:, None]  # the padded steps
Attention = Callable[[Tensor, Tensor, Tensor | None], Tensor]


def encoded() -> tuple[Tensor, Tensor]:
    """What a layer says of packed sequences, padded again, and its final states."""
    padded = pad_sequence([torch.randn(n, 4) for n in LENGTHS], batch_first=True)
    packed = pack_padded_sequence(padded, LENGTHS, batch_first=True)
    output, h_n = nn.GRU(4, H, batch_first=True)(packed)
    return pad_packed_sequence(output, batch_first=True)[0], h_n[0]


def pooled(scores: Tensor, states: Tensor, hidden: Tensor | None) -> Tensor:
    if hidden is not None:
        scores = scores.masked_fill(hidden, -1e9)
    return torch.bmm(scores.softmax(1)[:, None], states)[:, 0]


def additive(states: Tensor, query: Tensor, hidden: Tensor | None) -> Tensor:
    both = (nn.Linear(H, H)(states) + nn.Linear(H, H)(query)[:, None]).tanh()
    return pooled(nn.Linear(H, 1)(both)[..., 0], states, hidden)


def dot(states: Tensor, query: Tensor, hidden: Tensor | None) -> Tensor:
    return pooled(torch.bmm(states, query[..., None])[..., 0], states, hidden)


def several_heads(states: Tensor, query: Tensor, hidden: Tensor | None) -> Tensor:
    attention = nn.MultiheadAttention(H, 2, batch_first=True)
    mixed: Tensor = attention(query[:, None], states, states, key_padding_mask=hidden)[0]
    return mixed[:, 0]


def by_hand(states: Tensor, query: Tensor, hidden: Tensor | None) -> Tensor:
    risen = nn.Linear(H, 1)(states)[..., 0].exp()
    if hidden is not None:
        risen = risen * ~hidden
    weights: Tensor = risen / risen.sum(1, keepdim=True)
    return (weights[..., None] * states).sum(1)


def told(attention: Attention, hidden: Tensor | None) -> list[str]:
    """The operations that read padding."""
    asked = Asked()
    RECORDER.subscribe(asked)
    RECORDER.enter_thread()
    try:
        with preserved_randomness():
            torch.manual_seed(0)
            result = attention(*encoded(), hidden)
            F.cross_entropy(nn.Linear(H, 3)(result), torch.tensor([0, 1, 2, 1])).backward()
    finally:
        RECORDER.leave_thread()
        RECORDER.unsubscribe(asked)
    asked.inquiry.end()
    assert not asked.inquiry.failures
    subjects = [fact.subject for fact in asked.facts]
    return [each.operation for each in subjects if isinstance(each, PaddingRead)]


EVERY = pytest.mark.parametrize("attention", [additive, dot, several_heads, by_hand])


@EVERY
def test_without_a_mask_padding_is_read(attention: Attention) -> None:
    assert len(told(attention, None)) == 1


@EVERY
def test_with_a_mask_it_is_not(attention: Attention) -> None:
    assert told(attention, HIDDEN) == []


@pytest.mark.parametrize("attention", [additive, dot])
def test_a_mask_that_hides_the_real_steps(attention: Attention) -> None:
    assert len(told(attention, ~HIDDEN)) == 1


@EVERY
def test_a_mask_that_is_one_step_too_long(attention: Attention) -> None:
    assert told(attention, torch.arange(L) > LENGTHS[:, None]) != []
