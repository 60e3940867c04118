"""What cuDNN, MIOpen, oneDNN and half precision say."""

from __future__ import annotations

from rnnscope.messages.template import Message

MESSAGES: tuple[Message, ...] = (
    Message("RNN backward can only be called in training mode", "backward-in-eval-mode"),
    Message("backward_input can only be called in training mode", "backward-in-eval-mode"),
    Message("not part of single contiguous chunk of memory", "weights-in-pieces"),
    Message("Double backwards is not supported for CuDNN RNNs", "second-derivative"),
    Message("_cudnn_rnn_backward is not implemented", "second-derivative"),
    Message("derivative for '_cudnn_rnn_backward' is not implemented", "second-derivative"),
    Message("derivative for aten::_cudnn_rnn_backward is not implemented", "second-derivative"),
    Message("cuDNN error: CUDNN_STATUS_", "backend-refused", general=True),
    Message("CUDNN_STATUS_", "backend-refused", general=True),
    Message("could not create a primitive", "backend-refused", general=True),
    Message("_thnn_fused_lstm_cell", "backend-refused"),
    Message("_thnn_fused_gru_cell", "backend-refused"),
    Message("Expected input size {}, got {}", "backend-refused", general=True),
    Message("Expected output size {}, got {}", "backend-refused", general=True),
    Message("Expected cell size {}, got {}", "backend-refused", general=True),
    Message("Expected d_hidden size", "backend-refused"),
    Message("Expected d_cell size", "backend-refused"),
    Message("Gradients aren't CUDA tensors", "backend-refused", general=True),
    Message("rnn: illegal defined cx for non-LSTM RNN", "backend-refused"),
)
