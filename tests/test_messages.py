"""Every message of torch that is known: those that can be triggered here, and older wordings.

The triggers in ``data/torch_messages.json`` were collected by running torch 2.13.0 (CPU); the older
wordings come from the issues and sources named beside them.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils import rnn as packing

from rnnscope.diagnosis import diagnosed, failures_of
from rnnscope.messages.reader import messages
from rnnscope.messages.template import Message, plain
from rnnscope.rules import examine
from rnnscope.subjects import Failure

DATA = Path(__file__).parent / "data"
ROWS = json.loads((DATA / "torch_messages.json").read_text(encoding="utf-8"))


class Wrapped(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.l = nn.LSTM(10, 20)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = self.l(x)[0]
        return output


def bad_mode() -> None:
    layer = nn.RNN(10, 20)
    layer.mode = "LSTM"
    layer(torch.randn(5, 3, 10))


def autocast_gru(x: torch.Tensor) -> None:
    with torch.autocast("cpu", torch.bfloat16):
        nn.GRU(10, 20)(x)


def gru_as_lstm(layers: int) -> None:
    _output, (_h, _c) = nn.GRU(10, 20, layers)(torch.randn(5, 3, 10))


def three() -> None:
    _output, _h, _c = nn.LSTM(10, 20)(torch.randn(5, 3, 10))


def carry(retain: bool) -> None:
    layer = nn.GRU(10, 20)
    optimizer = torch.optim.SGD(layer.parameters(), 0.1)
    state = None
    for _ in range(2):
        output, state = layer(torch.randn(5, 3, 10), state)
        output.sum().backward(retain_graph=retain)
        optimizer.step()


def nograd() -> None:
    with torch.no_grad():
        output, _ = nn.LSTM(10, 20)(torch.randn(5, 3, 10))
    output.sum().backward()


def tuple_to_buffer() -> None:
    layer = nn.LSTM(10, 20)
    layer.register_buffer("state", torch.zeros(1, 3, 20))
    _output, layer.state = layer(torch.randn(5, 3, 10))


def whole_model() -> None:
    import io

    file = io.BytesIO()
    torch.save(nn.LSTM(10, 20), file)
    file.seek(0)
    torch.load(file)


NAMES: dict[str, Any] = {
    **{name: getattr(packing, name) for name in dir(packing) if not name.startswith("_")},
    "torch": torch,
    "nn": nn,
    "F": F,
    "R": torch.randn,
    "Z": torch.zeros,
    **{f.__name__: f for f in (bad_mode, autocast_gru, gru_as_lstm, three, carry, nograd)},
    **{f.__name__: f for f in (tuple_to_buffer, whole_model, Wrapped)},
}


@contextmanager
def heard() -> Iterator[list[warnings.WarningMessage]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield caught


def triggered(row: dict[str, Any]) -> BaseException | str:
    """What torch says; the catalogue's text for warnings that torch gives once a process."""
    with heard() as caught:
        try:
            eval(row["trigger"], {"__name__": __name__, **NAMES})
        except Exception as error:
            return error
    wanted = Message(plain(row["message"]), "")  # type: ignore[arg-type]
    for warning in caught:
        if wanted.match(plain(str(warning.message))) is not None:
            return f"{warning.category.__name__}: {warning.message}"
    return f"{row['exception']}: {row['message']}"


def _name(row: dict[str, Any]) -> str:
    return f"{row['section']}-{row['trigger'][:60]}"


@pytest.mark.skipif(
    tuple(map(int, torch.__version__.split(".")[:2])) < (2, 13),
    reason="what torch 2.13 refuses may end the process of an older one",
)
@pytest.mark.parametrize("row", ROWS, ids=_name)
def test_message_that_can_be_triggered_is_explained(row: dict[str, Any]) -> None:
    said = triggered(row)
    _failure, findings = diagnosed(failures_of(said))
    assert findings, f"nothing explains {said!r}"
    assert all(finding.message for finding in findings)
    _failure, read = diagnosed(failures_of(str(said) or "x"))
    assert isinstance(said, KeyError) or read, f"nothing explains the bare text {said}"


# Wordings before torch 2.13, and of devices that tests do not have, with the rule that explains
# them. From issues of pytorch/pytorch and of the repositories that reported them.
OLDER = [
    ("Expected hidden[0] size (2, 3, 20), got (3, 2, 20)", "RNN202"),
    ("Expected hidden[0] size (1, 48, 128), got (1L, 16L, 128L)", "RNN204"),
    ("Expected hidden[0] size (1, 4, 256), got (4, 256)", "RNN207"),
    (
        "lstm() received an invalid combination of arguments - got (Tensor, Tensor, list, bool, "
        "int, float, bool, bool, bool), but expected one of: * (Tensor data, Tensor batch_sizes",
        "RNN210",
    ),
    ("input must have 3 dimensions, got 4", "RNN208"),
    ("input must have 3 dimensions, got 2", "RNN227"),
    ("input must have the type torch.float32, got type torch.float64", "RNN211"),
    ("RuntimeError: expected scalar type Long but found Float", "RNN225"),
    (
        "Expected object of scalar type Double but got scalar type Float for argument #2 'mat2'",
        "RNN225",
    ),
    ("parameter types mismatch", "RNN225"),
    ("Input batch size 1 doesn't match hidden[0] batch size 512", "RNN204"),
    ("input has inconsistent input_size: got 812, expected 556", "RNN201"),
    ("'lengths' array has to be sorted in decreasing order", "RNN551"),
    ("ValueError: lengths array has to be sorted in decreasing order", "RNN551"),
    ("ValueError: length of all samples has to be greater than 0, that is <=0", "RNN552"),
    ("Expected `len(lengths)` to be equal to batch_size, but got 12 (batch_size=4).", "RNN553"),
    ("ValueError: lengths array has incorrect size", "RNN553"),
    ("'lengths' argument should be a 1D CPU int64 tensor", "RNN554"),
    (
        "'lengths' argument should be a 1D CPU int64 tensor, but got 1D cuda:0 Long tensor",
        "RNN554",
    ),
    (
        "Trying to backward through the graph a second time, but the buffers have already been "
        "freed. Specify retain_graph=True when calling backward the first time.",
        "RNN651",
    ),
    (
        "Trying to backward through the graph a second time, but the saved intermediate results "
        "have already been freed.",
        "RNN651",
    ),
    (
        "one of the variables needed for gradient computation has been modified by an inplace "
        "operation: [torch.FloatTensor [20, 80]], which is output 0 of AsStridedBackward0, is at "
        "version 2; expected version 1 instead.",
        "RNN652",
    ),
    ("Output 1 of SplitBackward0 is a view and is being modified inplace.", "RNN121"),
    ("cudnn RNN backward can only be called in training mode", "RNN952"),
    ("backward_input can only be called in training mode", "RNN952"),
    (
        "empty(): argument 'size' must be tuple of ints, but found element of type float at pos 2",
        "RNN105",
    ),
    (
        "new() received an invalid combination of arguments - got (float, int), but expected one",
        "RNN105",
    ),
    (
        "empty(): argument 'size' failed to unpack the object at pos 2 with error \"type must be "
        'tuple of ints,but got float"',
        "RNN105",
    ),
    (
        "rnn_tanh() received an invalid combination of arguments - got (Tensor, Tensor, list, int, "
        "int, float, bool, bool, bool), but expected one of:",
        "RNN110",
    ),
    (
        "While copying the parameter named weight_ih_l0, whose dimensions in the model are "
        "torch.Size([80, 10]) and whose dimensions in the checkpoint are torch.Size([128, 10]).",
        "RNN131",
    ),
    (
        "size mismatch for weight_ih_l0: copying a param of torch.Size([128, 10]) from checkpoint, "
        "where the shape is torch.Size([80, 10]) in current model.",
        "RNN131",
    ),
    ("Unexpected key weight_ih in state_dict with size torch.Size([80, 10])", "RNN131"),
    ("TorchDynamo purposely graph breaks on RNN, GRU, LSTMs", "RNN141"),
    ("torch.compile with fullgraph=True found no compiled frames.", "RNN141"),
    (
        "Unsupported function call (delayed)\n  Explanation: Dynamo determined that a graph break "
        "should occur when calling `L['fn']._modules['1']`. Reason: Dynamo does not support RNN, "
        "GRU, or LSTM. Set torch._dynamo.config.allow_rnn=True to enable experimental support",
        "RNN141",
    ),
    ("could not create a primitive descriptor", "RNN954"),
    ("rnn: hx is not contiguous", "RNN223"),
    ("rnn: cx is not contiguous", "RNN223"),
    (
        "RNN module weights are not part of single contiguous chunk of memory. This means they "
        "need to be compacted at every call, possibly greately increasing memory usage. To compact "
        "weights again call flatten_parameters().",
        "RNN951",
    ),
    ("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED", "RNN954"),
    ("Expected cell size (1, 3, 20), got (1, 3, 5)", "RNN954"),
    ("Gradients aren't CUDA tensors", "RNN954"),
    ("Double backwards is not supported for CuDNN RNNs due to limitations", "RNN953"),
    ("\"_thnn_fused_lstm_cell_cuda\" not implemented for 'BFloat16'", "RNN954"),
    (
        "Input and hidden tensors are not at the same device, found input tensor at cuda:0 and "
        "hidden tensor at cpu",
        "RNN214",
    ),
    (
        "Input and parameter tensors are not the same dtype, found input tensor with Double and "
        "parameter tensor with Float",
        "RNN211",
    ),
    ("LSTM with projections is not supported with MIOpen. Using default", "RNN152"),
    (
        "For batched 3-D input, hx[0] (h_0) should be 3-D but got 2-D tensor",
        "RNN207",
    ),
    ("Expected h_0 size(0) to be 4 (num_layers * num_directions), but got 2", "RNN224"),
    ("Expected all tensors to be on the same device, but found at least two devices", "RNN226"),
    (
        "Arguments for call are not valid. The following variants are available: Expected a value "
        "of type 'Optional[Tuple[Tensor, Tensor]]' for argument 'hx' but instead found type "
        "'Tensor (inferred)'.",
        "RNN142",
    ),
    ("Cannot insert a Tensor that requires grad as a constant.", "RNN143"),
    (
        "Converting a tensor to a Python boolean might cause the trace to be incorrect. We can't",
        "RNN143",
    ),
    ("free(): invalid next size (normal)", "RNN143"),
    ("Cannot access data pointer of Storage that is invalid.", "RNN143"),
    (
        "Exporting a model to ONNX with a batch_size other than 1, with a variable length with "
        "LSTM can cause an error when running the ONNX model with a different batch size.",
        "RNN143",
    ),
    ("Constraints violated (batch)! For more information, run with TORCH_LOGS", "RNN144"),
    ("Guard failed: x.size()[0] == 3", "RNN144"),
    (
        "zeros(): argument 'size' failed to unpack the object at pos 2 with error \"type must be "
        'tuple of ints,but got FakeTensor"',
        "RNN144",
    ),
    ("size mismatch, m1: [480 x 100], m2: [50 x 17] at /pytorch/aten/src/TH.cpp:41", "RNN455"),
    ("'tuple' object has no attribute 'dim'", "RNN229"),
]


@pytest.mark.parametrize(("text", "code"), OLDER)
def test_older_wording_is_explained(text: str, code: str) -> None:
    assert [finding.code for finding in examine(Failure(text))] == [code]


@pytest.mark.parametrize(("text", "code"), OLDER[:8])
def test_text_may_be_wrapped_anywhere(text: str, code: str) -> None:
    wrapped = text.replace(" ", "\n    ")
    assert [finding.code for finding in examine(Failure(wrapped))] == [code]


@pytest.mark.parametrize(
    "text",
    [
        "CUDA out of memory. Tried to allocate 20.00 MiB",
        "No module named 'numpy'",
        "unterminated string literal (detected at line 1)",
        "KeyError: 'x'",
        "Expected hidden[0] size",
        "Expected hidden[0] size 3, got 3",
        "dropout option adds dropout after all but last recurrent layer, so non-zero dropout "
        "expects num_layers greater than 1, but got dropout=? and num_layers=?",
        "Model.__init__() got an unexpected keyword argument 'depth'",
        "module 'torch.nn' has no attribute 'Transformerr'",
        "",
        "\x00\N{SNOWMAN}{}{expected}",
    ],
)
def test_other_text_has_no_finding(text: str) -> None:
    assert examine(Failure(text)) == ()


def test_general_text_never_counts_as_certain() -> None:
    [finding] = examine(Failure("index 1 is out of bounds for dimension 0 with size 1"))
    assert str(finding.severity) == "warning"
    inside = Failure("index 1 is out of bounds for dimension 0 with size 1", through=("rnn.py:f",))
    assert [str(finding.severity) for finding in examine(inside)] == ["error"]


HOLES = st.sampled_from(["", "3", "(3, 5)", "[1, 2, 3]", "x y", "torch.float64", "{}", "-1", "(,)"])


@given(st.sampled_from(messages()), st.data())
def test_message_with_anything_in_its_holes_never_raises(
    known: Message, data: st.DataObject
) -> None:
    first, *pieces = re.split(r"\{\w*(?::([^{}]*))?\}", known.template)
    text = first
    for kind, fixed in zip(pieces[::2], pieces[1::2], strict=True):
        fitting = HOLES if kind is None else st.from_regex(kind, fullmatch=True)
        text += data.draw(fitting) + fixed
    for finding in examine(Failure(text)):
        assert finding.message
