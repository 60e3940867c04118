"""What Python and torch say when a result of a layer is used as something else."""

from __future__ import annotations

from rnnscope.messages.template import Message

_STATE_METHODS = ("detach", "detach_", "to", "cuda", "cpu", "data", "requires_grad_", "clone")

MESSAGES: tuple[Message, ...] = (
    Message("must be Tensor, not PackedSequence", "packed-as-tensor"),
    Message("'PackedSequence' object has no attribute {attribute}", "packed-as-tensor"),
    Message(
        "{function}(): argument 'input' (position 1) must be Tensor, not tuple",
        "result-as-tensor",
        general=True,
    ),
    Message("{function}(): argument {} must be Tensor, not tuple", "result-as-tensor", True),
    *(
        Message(f"'tuple' object has no attribute '{name}'", "state-pair-as-tensor", general=True)
        for name in _STATE_METHODS
    ),
    Message("'tuple' object has no attribute {attribute}", "result-as-tensor", general=True),
    Message("tuple indices must be integers or slices, not tuple", "result-as-tensor", True),
    Message("can only concatenate tuple (not {}) to tuple", "result-as-tensor", general=True),
    Message(
        "only integer tensors of a single element can be converted to an index",
        "result-as-tensor",
        general=True,
    ),
    Message("not enough values to unpack (expected 2, got 1)", "unpacked-as-another-layer", True),
    Message("not enough values to unpack (expected 3, got 2)", "unpacked-as-another-layer", True),
    Message("too many values to unpack (expected 2", "unpacked-as-another-layer", general=True),
    Message("need more than 2 values to unpack", "unpacked-as-another-layer", general=True),
)
