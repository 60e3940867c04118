"""What loading a checkpoint, compiling, tracing and exporting say."""

from __future__ import annotations

from rnnscope.messages.template import Message

MESSAGES: tuple[Message, ...] = (
    Message("Error(s) in loading state_dict for {kind}:", "checkpoint-of-another-layer"),
    Message("Missing key(s) in state_dict", "checkpoint-of-another-layer"),
    Message("Unexpected key(s) in state_dict", "checkpoint-of-another-layer"),
    Message("size mismatch for {name}: copying a param", "checkpoint-of-another-layer"),
    Message("Unexpected key {name} in state_dict with size", "checkpoint-of-another-layer"),
    Message("While copying the parameter named {name}", "checkpoint-of-another-layer"),
    Message("Expected state_dict to be dict-like, got {got}", "checkpoint-not-a-state-dict"),
    Message("Weights only load failed", "checkpoint-not-a-state-dict", general=True),
    Message("Attempted to wrap RNN, GRU, or LSTM", "compiled-with-fullgraph"),
    Message("Dynamo does not support RNN, GRU, or LSTM", "compiled-with-fullgraph"),
    Message("TorchDynamo purposely graph breaks on RNN, GRU, LSTMs", "compiled-with-fullgraph"),
    Message(
        "torch.compile with fullgraph=True found no compiled frames",
        "compiled-with-fullgraph",
        general=True,
    ),
    Message(
        "Expected a value of type 'Optional[Tuple[Tensor, Tensor]]' for argument 'hx'",
        "script-without-annotation",
    ),
    Message("Cannot insert a Tensor that requires grad as a constant", "traced-values"),
    Message("pack_padded_sequence has been called with a Python list", "traced-values"),
    Message("might cause the trace to be incorrect", "traced-values", general=True),
    Message(
        "Exporting a model to ONNX with a batch_size other than 1, with a variable length with",
        "traced-values",
    ),
    Message("Cannot access data pointer of Storage that is invalid", "traced-values", general=True),
    Message("free(): invalid next size", "traced-values", general=True),
    Message("Constraints violated ({})!", "exported-sizes", general=True),
    Message("Guard failed: {}.size()[{}] ==", "exported-sizes", general=True),
    Message("type must be tuple of ints,but got FakeTensor", "exported-sizes", general=True),
    Message("_flat_weights[{}were assigned during export", "harmless-warning"),
    Message("LSTM with projections is not supported with", "harmless-warning"),
    Message("`{old}` is deprecated, please use `tensor.index_select", "deprecated-call"),
    Message("`torch.nn.utils.{old}` is now deprecated", "deprecated-call", general=True),
    Message("`torch.nn.utils.{old}` is deprecated", "deprecated-call", general=True),
    Message("`nn.init.{old}` is now deprecated", "deprecated-call", general=True),
    Message("nn.init.{old} is now deprecated", "deprecated-call", general=True),
    Message("size_average and reduce args will be deprecated", "deprecated-call", general=True),
    Message("indexing with dtype torch.uint8 is now deprecated", "deprecated-call", general=True),
    Message("masked_fill_ only supports boolean masks", "deprecated-call", general=True),
    Message("volatile was removed", "deprecated-call", general=True),
    Message("To copy construct from a tensor", "deprecated-call", general=True),
    Message("`torch.jit.{old}` is deprecated", "deprecated-call", general=True),
)
