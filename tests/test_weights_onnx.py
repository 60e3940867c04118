"""ONNX files, where the onnx package is installed; where it is not, that is said."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import rnnscope
from rnnscope.cli import run
from rnnscope.errors import TargetError


def test_without_the_package_one_sentence_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    (tmp_path / "m.onnx").write_bytes(b"\x08\x09")
    assert run(["inspect", str(tmp_path / "m.onnx")]) == 2
    assert "pip install 'rnnscope[onnx]'" in capsys.readouterr().err


def node(kind: str, shapes: Sequence[tuple[int, ...]], **attributes: Any) -> bytes:
    """A graph of one recurrent node, whose weights W, R and B have these shapes."""
    onnx = pytest.importorskip("onnx")
    helper, kinds = onnx.helper, onnx.TensorProto
    held = [
        helper.make_tensor(name, kinds.FLOAT, shape, bytes(4 * _count(shape)), raw=True)
        for name, shape in zip("WRB", shapes, strict=False)
    ]
    made = helper.make_node(
        kind, ["x", *(t.name for t in held)], ["y"], "/encoder/rnn", **attributes
    )
    value = helper.make_tensor_value_info("x", kinds.FLOAT, None)
    out = helper.make_tensor_value_info("y", kinds.FLOAT, None)
    graph = helper.make_graph([made], "g", [value], [out], held)
    return bytes(helper.make_model(graph).SerializeToString())


def _count(shape: tuple[int, ...]) -> int:
    return math.prod(shape)


BOTH = {"direction": "bidirectional"}


@pytest.mark.parametrize(
    ("kind", "shapes", "attributes", "config"),
    [
        ("LSTM", [(1, 16, 3), (1, 16, 4), (1, 32)], {}, "LSTM(3, 4)"),
        ("LSTM", [(1, 16, 3), (1, 16, 4)], {}, "LSTM(3, 4, bias=False)"),
        ("GRU", [(2, 12, 3), (2, 12, 4), (2, 24)], BOTH, "GRU(3, 4, bidirectional=True)"),
        ("RNN", [(1, 4, 3), (1, 4, 4), (1, 8)], {"activations": ["Relu"]}, "RNN(3, 4)"),
    ],
)  # fmt: skip
def test_a_node_is_a_layer(
    tmp_path: Path,
    kind: str,
    shapes: list[tuple[int, ...]],
    attributes: dict[str, Any],
    config: str,
) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(node(kind, shapes, **attributes))
    (layer,) = rnnscope.inspect(path).layers
    assert (layer.paths, str(layer.facts.config)) == (("encoder.rnn",), config)
    letters = "".join(row.gate.letter for row in layer.facts.parameters[0].rows)
    assert letters == {"LSTM": "iofg", "GRU": "zrn", "RNN": "h"}[kind]
    assert any("Relu" in note for note in layer.notes) == (kind == "RNN")
    assert any("linear_before_reset=0" in note for note in layer.notes) == (kind == "GRU")


def test_a_layer_that_only_runs_backward_is_none_of_torch(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(node("LSTM", [(1, 16, 3), (1, 16, 4), (1, 32)], direction="reverse"))
    (finding,) = rnnscope.inspect(path).findings
    assert finding.code == "RNN133"


@pytest.mark.parametrize(
    "content",
    [b"", b"\x08\x09", b"\xff" * 99, b"PK\3\4", b'12345678{"a"'],
)
def test_what_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    pytest.importorskip("onnx")
    path = tmp_path / "m.onnx"
    path.write_bytes(content)
    with pytest.raises((TargetError, rnnscope.errors.SubjectError)):
        rnnscope.inspect(path)


def test_weights_of_shapes_that_onnx_does_not_know(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(node("LSTM", [(16, 3), (16, 4)]))
    with pytest.raises(TargetError, match="has the shape"):
        rnnscope.inspect(path)
