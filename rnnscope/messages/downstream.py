"""What layers, views and losses after a recurrent layer say: all of it can have other causes."""

from __future__ import annotations

from rnnscope.messages.template import Message

_TARGET = "Using a target size ({target}) that is different to the input size ({got})"

MESSAGES: tuple[Message, ...] = (
    Message(
        "mat1 and mat2 shapes cannot be multiplied ({got} and {wanted}x{})",
        "features-after-layer",
        general=True,
    ),
    Message("size mismatch, m1: [{got}], m2: [{wanted} x {}]", "features-after-layer", True),
    Message(
        "normalized_shape={wanted}, expected input with shape {}, but got input of size{got}",
        "features-after-layer",
        general=True,
    ),
    Message(
        "was expecting embedding dimension of {wanted}, but got {got}", "features-after-layer", True
    ),
    Message("running_mean should contain {} elements not {}", "features-after-layer", True),
    Message("Expected target size {wanted}, got {got}", "logits-and-targets", general=True),
    Message(
        "Expected input batch_size ({got}) to match target batch_size ({wanted})",
        "logits-and-targets",
        general=True,
    ),
    Message("multi-target not supported", "logits-and-targets", general=True),
    Message("expected target dtype to be Long or Byte", "dtype-of-targets", general=True),
    Message("expected scalar type Long but found Float", "dtype-of-targets", general=True),
    Message(_TARGET, "target-broadcast", general=True),
    Message(
        "Target size ({target}) must be the same as input size ({got})", "target-broadcast", True
    ),
    Message("input_lengths must be of size batch_size", "layout-of-ctc", general=True),
    Message("Expected size for first two dimensions of batch2", "operands-of-attention", True),
    Message("batch1 must be a 3D tensor", "operands-of-attention", general=True),
    Message("batch2 must be a 3D tensor", "operands-of-attention", general=True),
    Message(
        "Sizes of tensors must match except in dimension {}", "operands-of-attention", general=True
    ),
    Message("view size is not compatible with input", "view-after-transpose", general=True),
    Message("shape {shape} is invalid for input of size {size}", "view-of-another-size", True),
    Message(
        "The size of tensor a ({a}) must match the size of tensor b ({b}) at non-singleton "
        "dimension {axis}",
        "sizes-that-do-not-meet",
        general=True,
    ),
    Message("Expected tensor for argument #1 'indices'", "embedding-indices", general=True),
    Message("index out of range in self", "embedding-indices", general=True),
    Message("Implicit dimension choice for", "softmax-without-axis", general=True),
    Message("The use of `x.T` on tensors of dimension other than 2", "reversed-axes", True),
)
