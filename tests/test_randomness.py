"""Random streams are where they were, whatever drew from them."""

import random

import pytest
import torch

from rnnscope.measuring.randomness import preserved_randomness, preserved_torch_randomness


def draw() -> tuple[list[float], float]:
    return torch.rand(3).tolist(), random.random()


def test_what_is_drawn_afterwards_is_what_would_have_been_drawn() -> None:
    torch.manual_seed(5)
    random.seed(5)
    expected = draw()
    torch.manual_seed(5)
    random.seed(5)
    with preserved_randomness():
        draw()
        torch.manual_seed(99)
        random.seed(99)
    assert draw() == expected


def test_an_exception_changes_nothing() -> None:
    before = torch.get_rng_state(), random.getstate()
    with pytest.raises(ZeroDivisionError), preserved_randomness():
        print(draw()[0][0] / 0)
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1] == random.getstate()


def test_torchs_stream_alone() -> None:
    before = torch.get_rng_state(), random.getstate()
    with preserved_torch_randomness():
        draw()
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1] != random.getstate()
