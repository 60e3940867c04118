"""Call: sizes of one call, and the packing that follows from lengths."""

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.utils.rnn import pack_padded_sequence

from rnnscope.call import Call
from rnnscope.errors import CallError

LENGTHS = st.lists(st.integers(1, 6), min_size=1, max_size=7).map(tuple)


@given(LENGTHS)
def test_packing_is_as_torch_packs(lengths: tuple[int, ...]) -> None:
    call = Call(lengths=lengths, seq_len=6)
    packed = pack_padded_sequence(
        torch.zeros(6, len(lengths), 1), list(lengths), enforce_sorted=False
    )
    assert call.batch_sizes == tuple(packed.batch_sizes.tolist())
    assert call.steps == packed.data.shape[0]
    assert call.batch == len(lengths)
    # torch may put sequences of equal length in any order.
    assert [lengths[i] for i in call.sorted_indices] == [lengths[i] for i in packed.sorted_indices]


@given(LENGTHS)
def test_the_indices_undo_each_other(lengths: tuple[int, ...]) -> None:
    call = Call(lengths=lengths, seq_len=6)
    assert [call.sorted_indices[i] for i in call.unsorted_indices] == list(range(len(lengths)))
    assert call.sorted == (list(lengths) == sorted(lengths, reverse=True))


@pytest.mark.parametrize(
    ("call", "steps"),
    [(Call(), 15), (Call(batched=False), 5), (Call(lengths=(2, 5, 3)), 10), (Call(batch=0), 0)],
)
def test_steps_are_the_real_ones(call: Call, steps: int) -> None:
    assert call.steps == steps


def test_the_batch_of_a_packed_call_is_the_number_of_lengths() -> None:
    assert Call(batch=17, lengths=(4, 1)).batch == 2


def test_a_call_without_lengths_is_not_packed() -> None:
    call = Call()
    assert not call.packed
    assert call.batch_sizes == ()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"batch": -1}, ["batch=-1", "0 or more"]),
        ({"seq_len": 0}, ["seq_len=0", "at least one"]),
        ({"lengths": ()}, ["lengths=()", "one length"]),
        ({"lengths": (3, 0)}, ["length of 0", "drop empty"]),
        ({"lengths": (9,)}, ["length of 9", "seq_len=5", "seq_len=9"]),
        ({"lengths": (3,), "batched": False}, ["lengths need a batch"]),
    ],
)
def test_an_impossible_call_is_refused_in_one_sentence(
    options: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(CallError) as caught:
        Call(**options)
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert "\n" not in message


def test_a_call_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Call().batch = 4  # type: ignore[misc]


def test_a_length_is_at_most_the_padded_length() -> None:
    assert Call(lengths=(5, 1), seq_len=5).seq_len == 5
    with pytest.raises(CallError, match="a length of 6 is longer than seq_len=5"):
        Call(lengths=(6, 1), seq_len=5)
