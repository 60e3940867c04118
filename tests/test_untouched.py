"""A model that was run is the model that it was."""

import random
from typing import Any

import pytest
import torch
from torch import nn

from rnnscope.measuring.preserve_model import untouched


class Restless(nn.Module):
    """Changes about everything that a forward can change."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(4)
        self.rnn = nn.GRU(4, 4, 2, dropout=0.5)
        self.register_buffer("steps", torch.zeros(1))
        self.register_buffer("nothing", None)
        self.hidden = None
        self.dropped = 3

    def forward(self, x: torch.Tensor, fail: bool = False) -> Any:
        self.steps += 1
        self.hidden = self.rnn(self.norm(x))[1]
        self.added = random.random()
        del self.dropped
        self.eval()
        torch.set_default_dtype(torch.float64)
        if fail:
            raise ZeroDivisionError
        return self.hidden


@pytest.mark.parametrize("fail", [False, True])
def test_everything_is_put_back(fail: bool) -> None:
    model = Restless().train()
    state = {name: value.clone() for name, value in model.state_dict().items()}
    identities = {name: id(value) for name, value in model.named_buffers()}
    streams = torch.get_rng_state(), random.getstate()
    try:
        with untouched(model):
            assert not torch.is_grad_enabled()
            model(torch.randn(5, 4), fail)
            assert model.steps == 1
    except ZeroDivisionError:
        assert fail
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert {name: id(value) for name, value in model.named_buffers()} == identities
    assert torch.equal(streams[0], torch.get_rng_state())
    assert streams[1] == random.getstate()
    assert all(module.training for module in model.modules())
    assert (model.hidden, model.dropped, hasattr(model, "added")) == (None, 3, False)
    assert torch.get_default_dtype() is torch.float32
    assert torch.is_grad_enabled()
    assert all(p.requires_grad and p.grad is None for p in model.parameters())


def test_buffers_that_are_one_stay_one() -> None:
    first, second = nn.Module(), nn.Module()
    first.register_buffer("mask", torch.ones(2))
    second.register_buffer("mask", first.mask)
    with untouched(nn.ModuleList([first, second])):
        first.mask += 1
        assert second.mask.tolist() == [2, 2]
    assert second.mask is first.mask
    assert second.mask.tolist() == [1, 1]


def test_a_buffer_of_the_user_is_not_even_written_to() -> None:
    """A write would count as one, and break a backward pass that is still to come."""
    norm = nn.BatchNorm1d(4)
    version = norm.running_mean._version
    with untouched(norm):
        norm(torch.randn(3, 4))
    assert norm.running_mean._version == version
