"""Layers that an optimizer has and no gradient reaches, and half of an output that is dropped."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

import rnnscope

Hand = Callable[[Tensor], Tensor]


def found(hand: Hand, weights: str = "all", fresh: bool = True) -> list[str]:
    """What is found where an encoder's state comes to the decoder through ``hand``."""
    torch.manual_seed(0)
    encoder, decoder = nn.GRU(4, 6), nn.GRU(4, 6)
    if not fresh:
        encoder.load_state_dict(nn.GRU(4, 6).state_dict())
    own = [*decoder.parameters(), *(encoder.parameters() if weights == "all" else ())]
    optimizer = torch.optim.SGD(own, lr=0.1)
    with rnnscope.watch(select="RNN606") as seen:
        for x in torch.randn(4, 5, 3, 4):
            _, h_n = encoder(x)
            decoder(x, hand(h_n))[0].pow(2).mean().backward()
            optimizer.step()
            optimizer.zero_grad()
    return [finding.code for finding in seen.findings]


def logged(h_n: Tensor) -> Tensor:
    """A number for the log is detached, the state itself is not."""
    h_n.detach().norm()
    return h_n


def test_a_state_detached_on_its_way_to_the_decoder() -> None:
    assert found(lambda h_n: h_n.detach()) == ["RNN606"]
    assert found(lambda h_n: h_n.data) == ["RNN606"]


def test_states_that_let_gradients_through() -> None:
    assert found(lambda h_n: h_n) == []
    assert found(logged) == []


def test_a_layer_that_is_left_as_it_is_on_purpose() -> None:
    assert found(lambda h_n: h_n.detach(), weights="decoder's") == []
    assert found(lambda h_n: h_n.detach(), fresh=False) == []


def test_warmed_up_layers_learn_in_the_end() -> None:
    calls = iter(range(9))
    assert found(lambda h_n: h_n if next(calls) == 3 else h_n.detach()) == []
