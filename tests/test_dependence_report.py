"""What people see of axes by behaviour: the command, the report, the picture, the page."""

from __future__ import annotations

import json
import random
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import find
from sequence_modules import KNOWN, Both, ByHand, ConvLSTM, Encoder, MinimalGRU, Remembers, ThenGRU
from torch import Tensor, nn

import rnnscope
from rnnscope.cli import run
from rnnscope.dependence.inputs import made
from rnnscope.dependence.patterns import is_structured, pattern
from rnnscope.errors import CallError, TargetError
from rnnscope.measuring.inputs import filled, read_sizes
from rnnscope.strategies import sequence_inputs

HERE = Path(__file__).parent
TARGET = f"{HERE / 'sequence_modules.py'}"

ODD = '''
import numpy
import torch
from torch import nn


class Printing(nn.Module):
    """Prints, appends, writes into its input."""

    def __init__(self, size=4):
        super().__init__()
        self.gru = nn.GRU(size, 5, batch_first=True)
        self.log = []

    def forward(self, x):
        print("hello")
        self.log.append(x.shape)
        x.mul_(2)
        return {"logits": self.gru(x)[0]}


class Numpy(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(4, 5, batch_first=True)

    def forward(self, x):
        return self.gru(torch.from_numpy(2 * x.numpy()))[0]


class Nothing(nn.Module):
    def forward(self, x):
        return 3


def summed(x):
    return x.cumsum(1)


def loss(x):
    return x.mean()


layer = nn.Conv1d(4, 5, 9)
'''


@pytest.fixture
def odd(tmp_path: Path) -> str:
    path = tmp_path / "odd.py"
    path.write_text(ODD, encoding="utf-8")
    return str(path)


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = run(["depends", *words])
    seen = capsys.readouterr()
    return status, seen.out, seen.err


def test_the_command_tells_each_axis_and_draws_it(capsys: pytest.CaptureFixture[str]) -> None:
    words = (f"{TARGET}:ConvLSTM", "--input", "2,5,3,4,6", "--args", "3, 4")
    status, out, err = printed(capsys, *words)
    assert (status, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    assert "axis 1      5  time causal\n" in out
    assert "two halves, with result[1][0], result[1][1] handed on, are the whole" in out
    assert "output[1] by x[1]" in out
    assert "    █▄···" in out


def test_layers_of_torchs_by_any_name(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        ("nn.LSTM(4, 5, bidirectional=True)", "--input", "7,3,4"),
        ("torch.nn:LSTM", "--args", "4, 5, bidirectional=True", "--input", "7,3,4"),
    ):
        status, out, _ = printed(capsys, *words)
        assert status == 0
        assert "axis 0      7  time both" in out
    status, out, _ = printed(capsys, "nn.GRU(4, 5)", "--input", "7,3,4", "--state", "1,3,5")
    assert status == 0
    assert "in   hx (1, 3, 5) float32" in out
    assert "axis 0      1  unknown (one step tells nothing: give 2 or more)" in out


def test_findings_change_the_status_and_stand_in_every_format(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "leaky.py"
    path.write_text(
        "from torch import nn\n\n\nclass Leaky(nn.Module):\n    causal = True\n\n"
        "    def __init__(self):\n        super().__init__()\n"
        "        self.gru = nn.GRU(4, 5, batch_first=True, bidirectional=True)\n\n"
        "    def forward(self, x):\n        return self.gru(x - x.mean(0))[0]\n",
        encoding="utf-8",
    )
    target = (f"{path}:Leaky", "--input", "3,7,4")
    status, out, _ = printed(capsys, *target)
    assert status == 1
    assert "error[RNN392] batch-leak" in out
    assert "error[RNN394] not-causal" in out
    status, out, _ = printed(capsys, *target, "--format", "plain")
    assert out.splitlines()[0].startswith(f"{path}:11: RNN392 error: Leaky: in evaluation mode")
    status, out, _ = printed(capsys, *target, "--parts", "--format", "json")
    data = json.loads(out)
    assert [f["code"] for f in data["findings"]] == ["RNN392", "RNN394"]
    assert [part["path"] for part in data["parts"]] == ["gru"]
    assert [axis["words"] for axis in data["inputs"][0]["axes"]] == [
        "batch mixed",
        "time both",
        "features",
    ]
    for ending in ("svg", "html"):
        file = tmp_path / f"axes.{ending}"
        assert run(["depends", *target, "-o", str(file)]) == 1
        text = file.read_text(encoding="utf-8")
        assert text.count('class="leak"') == 6  # three samples, each moved by two others
    assert "RNN392" in text


def test_one_sentence_for_what_cannot_be_run(capsys: pytest.CaptureFixture[str], odd: str) -> None:
    for words, said in (
        ((f"{odd}:layer", "--input", "3,4,7"), "Conv1d refuses input (3, 4, 7): RuntimeError: "),
        ((f"{odd}:Nothing", "--input", "3,4,7"), "Nothing returns no tensor"),
        ((f"{odd}:Nothing",), "nothing tells what it takes: give the sizes"),
        ((f"{odd}:Printing", "--input", "3,x"), "--input '3,x' is no shape: write sizes"),
        ((f"{odd}:Printing", "--input", "3,0,4"), "--input '3,0,4' is no shape"),
        (("nn.Foo(3)",), "torch.nn has no layer 'Foo'"),
        (("nn.GRU(4)",), "nn.GRU(4) cannot be built: it raises "),
        (("GRU",), "'GRU' names no class"),
    ):
        status, out, err = printed(capsys, *words)
        assert (status, out) == (2, "")
        assert err.startswith(f"rnnscope: {said}")
        assert err.count("\n") == 1


def test_programs_that_print_append_write_and_leave_torch(odd: str) -> None:
    seen = rnnscope.depends(f"{odd}:Printing", (3, 7, 4))
    assert seen.axes("logits") == ("batch", "time causal", "features")
    assert seen.dependence.conduct.kept == ("log grew from 0 to 1",)
    assert seen.dependence.conduct.continues is None
    pytest.importorskip("numpy")
    seen = rnnscope.depends(f"{odd}:Numpy", (3, 7, 4))
    assert seen.axes("x") == ("batch", "time causal", "features")
    assert seen.dependence.conduct.notes
    assert seen.dependence.passes <= 10
    rows = seen.dependence.influences[1].rows
    assert [row[3] for row in rows] == [False] * 3 + [True] * 4
    assert {row[2] for row in rows} == {None}
    seen = rnnscope.depends(f"{odd}:summed", (3, 7, 4))
    assert seen.axes("x") == ("batch", "time causal", "batch")
    assert "a single number" in str(rnnscope.depends(f"{odd}:loss", (3, 7, 4)))


def test_the_module_and_the_streams_are_as_they_were() -> None:
    module = nn.Sequential(Remembers(), nn.BatchNorm1d(6), nn.Dropout(0.5))
    x = torch.randn(3, 6, 4, requires_grad=True)
    module(x)
    kept, state = module[0].h, {k: v.clone() for k, v in module.state_dict().items()}
    torch.manual_seed(5)
    random.seed(5)
    expected = torch.get_rng_state(), random.getstate(), x.detach().clone()
    rnnscope.depends(module, x)
    assert torch.equal(torch.get_rng_state(), expected[0])
    assert random.getstate() == expected[1]
    assert torch.equal(x, expected[2])
    assert module[0].h is kept
    assert module.training
    assert x.grad is None
    assert all(torch.equal(v, state[k]) for k, v in module.state_dict().items())
    assert all(p.grad is None for p in module.parameters())


def test_no_more_passes_than_promised_are_run() -> None:
    calls = 0

    def counted(x: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        return x.cumsum(1)

    seen = rnnscope.depends(counted, (3, 7, 4))
    assert calls == seen.dependence.passes <= 4 + 2 * 3


def test_what_a_module_says_of_itself() -> None:
    class Documented(ThenGRU):
        """Takes (time, batch, features)."""

    class Causal(Both):
        """A causal encoder."""

    class NotCausal(Both):
        """A non-causal encoder of (batch, time, features)."""

    turned = Encoder("turned")
    vars(turned)["is_causal"] = True
    for module, codes in (
        (Documented(lambda x: x), ["RNN393"]),
        (Causal(), ["RNN394"]),
        (NotCausal(), []),
        (ByHand(), []),
    ):
        seen = rnnscope.depends(module, (5, 7, 4))
        assert [finding.code for finding in seen.findings] == codes
    (finding,) = rnnscope.depends(turned, (3, 5, 8)).findings
    assert "steps read only later ones" in finding.message
    assert "turn the mask" in str(finding.fix)


def test_samples_that_may_be_none_are_a_hint() -> None:
    """Width and height of one picture, its channels last: neither of them holds samples."""

    weight = torch.randn(5, 4, 7, 7)

    def convolved(x: Tensor) -> Tensor:
        return F.conv2d(x.permute(2, 0, 1)[None], weight, padding=3)[0].permute(1, 2, 0)

    (finding,) = rnnscope.depends(convolved, (3, 4, 4)).findings
    assert (finding.code, finding.severity.value) == ("RNN392", "hint")
    (finding,) = rnnscope.depends(ThenGRU(lambda x: x - x.mean(0)), (3, 7, 4)).findings
    assert (finding.code, finding.severity.value) == ("RNN392", "error")


def test_correct_modules_break_no_word() -> None:
    torch.manual_seed(0)
    for known in KNOWN:
        given = (torch.randn(v) if isinstance(v, tuple) else v for v in known.inputs)
        if "mixed" not in " ".join(known.axes) and not known.name.startswith(
            ("RNN", "LSTM", "GRU")
        ):
            assert rnnscope.depends(known.make(), *given).findings == ()


def test_inspect_shows_parts_that_are_none_of_torchs() -> None:
    model = nn.Sequential(nn.Linear(4, 4), MinimalGRU(), nn.LSTM(5, 6, batch_first=True))
    seen = rnnscope.inspect(model, torch.randn(3, 6, 4))
    assert [layer.paths for layer in seen.layers] == [("2",)]
    assert [path for path, _ in seen.behaviours] == ["1"]
    text = "  in   x (3, 6, 4): batch; time causal; features"
    assert text in str(seen)
    assert text in seen.to_text("markdown")
    alone = rnnscope.inspect(ConvLSTM(), torch.randn(2, 5, 3, 4, 6))
    assert alone.layers == ()
    assert alone.to_dict()["behaviours"][0]["conduct"]["continues"] is True


def test_sizes_are_chosen_small_and_apart() -> None:
    assert read_sizes("10") == ((None, None, 10), "")
    assert read_sizes("(?, 7, int64)") == read_sizes("?,7:int64") == ((None, 7), "int64")
    assert len({*filled((None, None, 5, None))}) == 4
    tokens = nn.Sequential(nn.Embedding(9, 4), nn.GRU(4, 5))
    (x,) = made(tokens, ())
    assert (x.dtype, x.dim(), int(x.max()) < 9) == (torch.int64, 2, True)
    assert made(nn.Conv2d(3, 4, 1), ())[0].shape[1] == 3
    assert made(nn.GRUCell(3, 4), ())[0].shape[1:] == (3,)
    with pytest.raises(CallError, match="too large"):
        made(tokens, [(10**4, 10**4)])
    with pytest.raises(CallError, match="PackedSequence"):
        rnnscope.depends(nn.GRU(4, 5), nn.utils.rnn.pack_sequence([torch.randn(3, 4)]))
    with pytest.raises(TargetError, match="names no class"):
        rnnscope.depends("GRU")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([[1, 0, 0], [0, 1, 0], [0, 0, 1]], ("pointwise", None, None, None, "1")),
        ([[1, 1, 1], [0, 1, 1], [0, 0, 1]], ("causal", None, None, None, "1")),
        ([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1], [0, 0, 0, 1]], ("causal", 1, None, None, "1")),
        (
            [[1, 1, 1, 0], [0, 1, 1, 0], [0, 0, 1, 1], [0, 0, 0, 1]],
            ("causal", None, None, None, "1"),
        ),
        (
            [[1, 0, 0, 0], [1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]],
            ("anti-causal", None, 1, None, "1"),
        ),
        ([[1, 0], [1, 0], [0, 1], [0, 1]], ("both", None, None, 2, "2")),
        ([[1, 1], [1, 1], [0, 1], [0, 1]], ("causal", None, None, None, "2")),
        ([[1, 1, 0, 0], [0, 0, 1, 1]], ("pointwise", None, None, None, "1/2")),
    ],
)
def test_patterns(rows: list[list[int]], expected: tuple[Any, ...]) -> None:
    matrix = torch.tensor(rows, dtype=torch.bool)
    assert is_structured(matrix)
    found = pattern(matrix, range(len(rows)), len(rows))
    assert (found.how, found.back, found.ahead, found.window, str(found.stride)) == expected


def test_what_has_no_structure() -> None:
    for rows in ([[1, 1], [1, 1]], [[0, 0], [0, 0]], [[0, 0], [1, 1]], [[1, 0], [1, 0]]):
        assert not is_structured(torch.tensor(rows, dtype=torch.bool))


def test_a_strategy_and_a_report_work_together() -> None:
    x = find(sequence_inputs(4), lambda drawn: drawn.shape[1] > 4)
    assert rnnscope.depends(nn.GRU(4, 5, batch_first=True), x).axes("input")[1] == "time causal"


@pytest.mark.parametrize(
    ("module", "x", "axes"),
    [
        (nn.GRU(4, 4, batch_first=True), torch.randn(4, 4, 4), "batch; time causal; features"),
        (nn.GRU(4, 5, batch_first=True), torch.randn(2, 90, 4), "batch; time causal; features"),
        (nn.GRU(99, 5, batch_first=True), torch.randn(2, 6, 99), "batch; time causal; features"),
        (nn.GRU(4, 5, batch_first=True).half(), torch.randn(3, 7, 4).half(),
         "batch; time causal; features"),
        (nn.GRU(4, 5), torch.randn(1, 1, 4), "unknown; unknown; features"),
        (nn.LazyLinear(5), torch.randn(3, 7, 4), "batch; batch; features"),
        (nn.utils.parametrizations.weight_norm(nn.Conv1d(4, 5, 1)), torch.randn(3, 4, 7),
         "batch; features; batch"),
        (nn.Identity(), torch.randn(3, 7, 4), "batch; batch; batch"),
        (lambda x: x.cumsum(1).argmax(-1), torch.randn(3, 7, 4),
         "batch; time causal; time pooled"),
        (lambda x: (x.cumsum(1), None), torch.randn(3, 7, 4), "batch; time causal; batch"),
        (lambda x: torch.vmap(lambda row: row.cumsum(0))(x), torch.randn(3, 7, 4),
         "batch; time causal; batch"),
        (torch.inference_mode()(lambda x: x.cumsum(1)), torch.randn(3, 7, 4),
         "batch; time causal; batch"),
        (lambda x: 2 * x, torch.tensor(2.0), ""),
    ],
)  # fmt: skip
def test_modules_of_all_sorts(module: Any, x: Tensor, axes: str) -> None:
    torch.manual_seed(0)
    seen = rnnscope.depends(module, x)
    found = seen.dependence.inputs[0].axes
    assert "; ".join(axis.words for axis in found) == axes
    for name in ("terminal", "markdown", "json", "html", "svg", "plain", "sarif"):
        assert isinstance(seen.to_text(name), str)
    assert max(map(len, str(seen).splitlines())) <= 80


def test_one_sentence_for_inputs_that_cannot_be_changed() -> None:
    packed = nn.utils.rnn.pack_sequence([torch.randn(3, 4)])
    for module, x, said in (
        (nn.GRU(4, 5), torch.randn(0, 7, 4), "without elements"),
        (nn.GRU(4, 5, device="meta"), torch.randn(3, 7, 4, device="meta"), "meta and complex"),
        (lambda x: packed, torch.randn(3, 7, 4), "of a PackedSequence the padded one"),
        (nn.GRU(4, 5), "text", "no tensor among the inputs"),
    ):
        with pytest.raises(CallError, match=said):
            rnnscope.depends(module, x)


GUIDE = (HERE.parent / "docs" / "depends.md").read_text(encoding="utf-8")


def test_the_worked_examples_are_what_happens(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    blocks = re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```$", GUIDE, flags=re.M | re.S)
    for name, code in blocks:
        Path(name).write_text(code, encoding="utf-8")
    shown = re.findall(r"^```console\n\$ rnnscope (.*?)\n(.*?)^```$", GUIDE, flags=re.M | re.S)
    assert (len(blocks), len(shown)) == (3, 2)
    for command, screen in shown:
        assert run(shlex.split(command)) == 1
        assert capsys.readouterr().out.rstrip() == screen.rstrip()
    names: dict[str, Any] = {}
    exec(compile(blocks[2][1], "test_encoder.py", "exec"), names)
    names["test_the_encoder_is_causal"]()
    with pytest.raises(
        AssertionError, match=r"^output\[1, 0, 0\] moved by .* when x\[0, 0\] changed"
    ):
        names["test_samples_stay_apart"]()
