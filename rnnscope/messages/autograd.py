"""What autograd, modules and initialisations say."""

from __future__ import annotations

from rnnscope.messages.template import Message

_LAYERS = ("RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell")

MESSAGES: tuple[Message, ...] = (
    Message("Trying to backward through the graph a second time", "graph-of-the-former-step", True),
    Message("has been modified by an inplace operation", "changed-before-backward", general=True),
    Message("does not require grad and does not have a grad_fn", "prediction-without-graph", True),
    Message("grad can be implicitly created only for scalar outputs", "backward-from-many", True),
    Message("a view of a leaf Variable that requires grad", "weights-edited-in-place", True),
    Message("is a view and is being modified inplace", "weights-edited-in-place", general=True),
    Message("Only Tensors created explicitly by the user", "copied-with-its-state", general=True),
    Message("cannot assign 'torch.{}' as parameter {got} (", "tensor-over-parameter", True),
    Message("cannot assign 'tuple' as buffer {got} (", "tensor-over-parameter", general=True),
    *(
        Message(f"'{layer}' object has no attribute '{name}'", "no-such-weight")
        for layer in _LAYERS
        for name in ("weight", "weight_ih", "weight_hh")
    ),
    Message("'bool' object has no attribute 'data'", "no-such-weight", general=True),
    Message("does not have a parameter{} with name 'weight'", "no-such-weight", general=True),
    Message("KeyError: 'weight'", "no-such-weight", general=True),
    Message("Fan in and fan out can not be computed", "initialised-biases", general=True),
    Message("Only tensors with 2 or more dimensions are supported", "initialised-biases", True),
    Message("Converting a tensor with requires_grad=True to a scalar", "number-with-its-graph"),
)
