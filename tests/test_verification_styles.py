"""Layers that are right, in every style that people write, are found to be the same function."""

from __future__ import annotations

import handwritten
import pytest
import torch
from torch import nn

from rnnscope import verify
from rnnscope.reference import ReferenceRNN
from rnnscope.testing import assert_equivalent

ARGUMENTS = {"LayerLoopLSTM": "20, 2"}


@pytest.mark.parametrize("cls", handwritten.RIGHT, ids=lambda cls: cls.__name__)
def test_a_right_layer_is_the_same_function(cls: type) -> None:
    result = verify(cls, handwritten.RIGHT[cls], arguments=ARGUMENTS.get(cls.__name__))
    assert result.same, str(result)
    assert result.difference is not None
    assert result.difference < 1e-4


@pytest.mark.parametrize(
    "like",
    [
        "RNN(10, 20, nonlinearity='relu')",
        "RNN(10, 20, num_layers=2, bidirectional=True)",
        "LSTM(10, 20, bias=False)",
        "LSTM(10, 10, num_layers=2)",
        "LSTM(10, 20, num_layers=2, batch_first=True, bidirectional=True, proj_size=5)",
        "GRU(10, 20, num_layers=2, dropout=0.5)",
        "RNNCell(10, 20)",
        "LSTMCell(10, 20)",
        "GRUCell(10, 20, bias=False)",
    ],
)
def test_torch_itself_and_the_reference_are_the_same_function(like: str) -> None:
    from rnnscope.config import RNNConfig

    config = RNNConfig.parse(like)
    assert_equivalent(getattr(nn, config.kind), like=like)
    torchs = config.build()
    assert_equivalent(torchs, like=like)
    assert_equivalent(ReferenceRNN.of(torchs), like=like)


@pytest.mark.parametrize("cls", handwritten.RIGHT, ids=lambda cls: cls.__name__)
def test_weights_go_to_torch_and_come_back(cls: type) -> None:
    like = handwritten.RIGHT[cls]
    result = verify(cls, like, arguments=ARGUMENTS.get(cls.__name__))
    weights = result.found.like.build().state_dict()
    ours = result.from_torch(weights)
    again = result.to_torch(ours)
    assert set(again) == set(weights)
    # One bias for torch's two comes back as their sum, and everything else as it was.
    for name, value in again.items():
        if "weight" in name:
            assert torch.equal(value, weights[name])
    biases = [name for name in weights if name.startswith("bias_ih")]
    for name in biases:
        other = name.replace("bias_ih", "bias_hh")
        gap = again[name] + again[other] - weights[name] - weights[other]
        assert gap.abs().max() < 1e-6


def test_weights_make_a_trained_layer_of_torchs_run_by_hand() -> None:
    result = verify(handwritten.TransposedLSTM, "LSTM(10, 20, batch_first=True)")
    torchs = nn.LSTM(10, 20, batch_first=True)
    ours = handwritten.TransposedLSTM(10, 20)
    ours.load_state_dict(result.from_torch(torchs.state_dict()))
    x = torch.randn(3, 5, 10)
    assert torch.allclose(ours(x)[0], torchs(x)[0], atol=1e-6)
    back = nn.LSTM(10, 20, batch_first=True)
    back.load_state_dict(result.to_torch(ours.state_dict()))
    assert torch.allclose(back(x)[0], torchs(x)[0], atol=1e-6)


def test_the_mapping_that_is_printed_can_be_given() -> None:
    for cls in (handwritten.StateFirstLSTM, handwritten.TransposedLSTM, handwritten.KerasGRU):
        like = handwritten.RIGHT[cls]
        found = verify(cls, like)
        assert found.mapping is not None
        assert verify(cls, like, mapping="; ".join(found.mapping)).mapping == found.mapping


def test_a_wrong_mapping_is_believed_and_refuted() -> None:
    wrong = "W = weight_ih_l0[f i o g].T"
    result = verify(handwritten.TransposedLSTM, "LSTM(10, 20)", mapping=wrong)
    assert result.verdict == "different"


def test_the_object_that_is_given_is_left_alone() -> None:
    layer = handwritten.FusedLSTM(10, 20).train()
    before = {name: value.clone() for name, value in layer.state_dict().items()}
    stream, threads, dtype = (
        torch.get_rng_state(),
        torch.get_num_threads(),
        torch.get_default_dtype(),
    )
    assert verify(layer, "LSTM(10, 20)").same
    assert layer.training
    assert torch.equal(torch.get_rng_state(), stream)
    assert (torch.get_num_threads(), torch.get_default_dtype()) == (threads, dtype)
    for name, value in layer.state_dict().items():
        assert torch.equal(value, before[name])
    assert all(p.grad is None and p.requires_grad for p in layer.parameters())


def test_assert_equivalent_raises_with_the_whole_report() -> None:
    with pytest.raises(AssertionError, match="different: FusedGRU is not LSTM"):
        assert_equivalent(handwritten.FusedGRU, like="LSTM(10, 20)")
