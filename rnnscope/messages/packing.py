"""What torch.nn.utils.rnn and calls with packed data say."""

from __future__ import annotations

from rnnscope.messages.template import Message

MESSAGES: tuple[Message, ...] = (
    Message("has to be sorted in decreasing order", "lengths-not-sorted"),
    Message("must be sorted in decreasing order", "lengths-not-sorted"),
    Message("ength of all samples has to be greater than 0", "length-of-zero"),
    Message("ength of all samples", "length-of-zero"),
    Message(
        "Expected `len(lengths)` to be equal to batch_size, but got {got} (batch_size={batch})",
        "number-of-lengths",
    ),
    Message("lengths array has incorrect size", "number-of-lengths"),
    Message(
        "'lengths' argument should be a 1D CPU int64 tensor, but got {got} tensor",
        "kind-of-lengths",
    ),
    Message("'lengths' argument should be a 1D CPU int64 tensor", "kind-of-lengths"),
    Message("index_select(): Index is supposed to be a vector", "kind-of-lengths", general=True),
    Message("Cannot copy out of meta tensor; no data!", "kind-of-lengths", general=True),
    Message("too many dimensions 'str'", "kind-of-lengths", general=True),
    Message(
        "'NoneType' object cannot be interpreted as an integer", "kind-of-lengths", general=True
    ),
    Message("Cannot pack empty tensors", "packing-something-else"),
    Message(
        "Dimension out of range (expected to be in range of [-1, 0], but got 1)",
        "packing-something-else",
        general=True,
    ),
    Message("_pack_padded_sequence(): argument 'input'", "packing-something-else"),
    Message("object has no attribute 'batch_sizes'", "padding-what-is-not-packed"),
    Message(
        "Expected total_length to be at least the length of the longest sequence in input, "
        "but got total_length={got} and max sequence length being {longest}",
        "total-length",
    ),
    Message("batch_sizes can not be empty", "packed-by-hand"),
    Message("batch_sizes should always be on CPU", "packed-by-hand"),
    Message("Expected data to be a list or tuple of length 2", "packed-by-hand", general=True),
    Message("expected scalar type Long but found Int", "packed-by-hand", general=True),
    Message("start ({}) + length ({}) exceeds dimension size", "length-beyond-padding"),
    Message("received an empty list of sequences", "items-to-pad"),
    Message("pad_sequence: Expected iterable for input sequences", "items-to-pad"),
    Message("pad_sequence(): argument 'padding_value'", "items-to-pad"),
    Message("Expected padding_side to be one of left or right", "items-to-pad"),
    Message("expected Tensor as element {} in argument {}, but got", "items-to-pad", general=True),
    Message("ArrayRef: invalid slice", "items-to-pad", general=True),
    Message("'list' object has no attribute 'size'", "items-to-pad", general=True),
    Message("zip() argument 2 is shorter than argument 1", "lengths-to-unpad", general=True),
    Message("'list' object has no attribute 'device'", "lengths-to-unpad", general=True),
    Message("stack expects each tensor to be equal size", "lengths-in-one-batch", general=True),
    Message("Expected more hidden states in stacked_rnn", "packed-states"),
    Message("Odd number of params or hiddens given to a bidirectional RNN", "packed-states"),
    Message("got an incorrect number of RNN parameters", "packed-states"),
    Message("INDICES element is out of DATA bounds", "packed-states", general=True),
    Message(
        "output with shape {} doesn't match the broadcast shape", "packed-states", general=True
    ),
    Message(
        "Dimension out of range (expected to be in range of [-2, 1], but got 2)",
        "packed-states",
        general=True,
    ),
)
