"""What can only be seen on a GPU; skipped where there is none."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from rnnscope.api import inspect, inspect_config
from rnnscope.call import Call
from rnnscope.cli import run
from rnnscope.config import RNNConfig
from rnnscope.subjects import LayerCall, TensorSpec

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")

LAYERS = (
    "RNN(7, 11, nonlinearity='relu', batch_first=True)",
    "LSTM(7, 11, num_layers=2, bidirectional=True)",
    "LSTM(7, 11, proj_size=5, bidirectional=True)",
    "GRU(7, 11, num_layers=3, dropout=0.5, bias=False)",
    "LSTMCell(7, 11)",
    "GRUCell(7, 11)",
)
CALLS = (Call(), Call(batched=False), Call(lengths=(2, 5, 3)))


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
@pytest.mark.parametrize("layer", LAYERS)
def test_prediction_torch_and_reference_agree_on_the_gpu(layer: str, dtype: str) -> None:
    config = RNNConfig.parse(layer).with_options(device="cuda", dtype=dtype)
    for call in CALLS[:2] if config.single_step else CALLS:
        result = inspect_config(config, call).layers[0]
        assert result.agrees, result.differences
        assert result.measured is not None
        assert result.measured.config.device.startswith("cuda")
        if result.incomplete is None:
            assert result.reference_agrees, (layer, dtype, call, result.reference)


def test_both_random_streams_are_as_before() -> None:
    before = torch.get_rng_state(), torch.cuda.get_rng_state()
    inspect_config(RNNConfig("LSTM", 3, 4, device="cuda"))
    inspect(nn.GRU(3, 4, device="cuda"), torch.zeros(5, 2, 3, device="cuda"))
    assert torch.equal(before[0], torch.get_rng_state())
    assert torch.equal(before[1], torch.cuda.get_rng_state())


def test_a_model_on_the_gpu_is_inspected_there() -> None:
    model = nn.Sequential(nn.LSTM(3, 4, batch_first=True)).cuda()
    report = inspect(model, torch.zeros(2, 5, 3, device="cuda"))
    assert report.layers[0].agrees
    assert report.layers[0].facts.config.device.startswith("cuda")


def test_the_command_line_takes_a_cuda_device(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inspect", "LSTM", "10", "20", "--device", "cuda:0"]) == 0
    assert "measured on cuda:0" in capsys.readouterr().out


def test_a_state_left_on_the_cpu_is_found_before_torch_runs() -> None:
    from rnnscope.rules import examine

    config = RNNConfig("GRU", 10, 20, device="cuda:0")
    call = LayerCall(
        config,
        TensorSpec(shape=(5, 3, 10), dtype="float32", device="cuda:0"),
        TensorSpec(shape=(1, 3, 20), dtype="float32", device="cpu"),
        live=True,
    )
    assert [finding.severity.counts for finding in examine(call)] == [True]


def test_watching_changes_no_training_run_on_the_gpu() -> None:
    import rnnscope

    def losses() -> list[float]:
        torch.manual_seed(0)
        layer, head = nn.GRU(3, 4).cuda(), nn.Linear(4, 1).cuda()
        optimizer = torch.optim.Adam([*layer.parameters(), *head.parameters()])
        found = []
        for _ in range(5):
            loss = head(layer(torch.randn(6, 2, 3, device="cuda"))[0][-1]).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            found.append(loss.item())
        return found

    plain = losses()
    with rnnscope.watch() as seen:
        watched = losses()
    assert watched == plain
    assert seen.findings == ()
