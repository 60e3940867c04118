"""Two processes under torchrun: each traces its own, the report comes once, ranks are named."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from rnnscope.findings import Finding, Location, Related, Severity
from rnnscope.running.distributed import World, gathered, merged, read, written
from rnnscope.watching import watch

TRAIN = """
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

dist.init_process_group("gloo")
rank = dist.get_rank()
torch.manual_seed(rank)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(4, 6, batch_first=True)
        self.out = nn.Linear(6, 1)

    def forward(self, x):
        output, _ = self.lstm(x)
        return self.out(PLACE)


model = DistributedDataParallel(Model())
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for step in range(2):
    x = torch.randn(3, 5, 4)
    loss = nn.functional.mse_loss(model(x), torch.zeros(model(x).shape))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
# torchrun runs its processes unbuffered: only a line in one write stays whole beside the others.
print(f"rank {rank} done\\n", end="")
dist.destroy_process_group()
"""


def torchrun(folder: Path, place: str) -> subprocess.CompletedProcess[str]:
    (folder / "train.py").write_text(TRAIN.replace("PLACE", place))
    command = ["-m", "torch.distributed.run", "--nproc-per-node=2", "--rdzv-backend=c10d"]
    command += ["--rdzv-endpoint=localhost:0", "-m", "rnnscope", "run", "--format", "json"]
    return subprocess.run(
        [sys.executable, "-W", "ignore", *command, "train.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_a_mistake_is_reported_once_for_all_ranks(tmp_path: Path) -> None:
    done = torchrun(tmp_path, "output[-1]")
    findings = [f for f in json.loads(done.stdout)["findings"] if f["severity"] == "error"]
    assert done.returncode != 0
    assert [f["code"] for f in findings] == ["RNN401"]
    place = findings[0]["location"]
    assert (place["file"], place["line"], place["column"]) == ("train.py", 20, 25)
    assert findings[0]["message"].endswith("(on every rank)")


def test_correct_training_is_silent_on_every_rank(tmp_path: Path) -> None:
    done = torchrun(tmp_path, "output[:, -1]")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["findings"] == []
    assert sorted(line for line in done.stderr.splitlines() if line.startswith("rank")) == [
        "rank 0 done",
        "rank 1 done",
    ]


def finding(line: int) -> Finding:
    return Finding("RNN401", "name", Severity.ERROR, "message", location=Location("a.py", line))


def test_findings_of_ranks_are_put_together() -> None:
    found = merged({0: (finding(1),), 1: (finding(1), finding(2)), 2: (finding(1),)}, 3)
    assert [(f.message, f.count) for f in found] == [
        ("message (on every rank)", 3),
        ("message (on rank 1)", 1),
    ]


def test_findings_are_told_to_another_process_as_text() -> None:
    told = replace(
        finding(1),
        location=Location("a.py", 1, 5, 1, 9),
        related=(Related(Location("b.py", 2), "made here"),),
        proof="prediction 3 moved",
        values={"wanted": 10, "before": (4, 3)},
    )
    (found,) = read(written((told,)))
    assert found == told
    assert found.location is not None
    assert (found.location.column, found.location.end_column) == (5, 9)
    assert (found.values["wanted"], tuple(found.values["before"])) == (10, (4, 3))


@pytest.mark.parametrize(
    ("environment", "world"),
    [
        ({}, World(0, 1)),
        ({"RANK": "1", "WORLD_SIZE": "4"}, World(1, 4)),
        (
            {
                "RANK": "1",
                "WORLD_SIZE": "2",
                "TORCHELASTIC_USE_AGENT_STORE": "True",
                "MASTER_ADDR": "node",
                "MASTER_PORT": "29500",
                "TORCHELASTIC_RESTART_COUNT": "3",
            },
            World(1, 2, "node", 29500, "3"),
        ),
    ],
)
def test_the_world_is_read_from_the_environment(environment: dict[str, str], world: World) -> None:
    assert World.of(environment) == world


def test_where_processes_cannot_meet_each_names_its_rank() -> None:
    assert gathered((finding(1),), World(0, 1)) == (finding(1),)
    (own,) = gathered((finding(1),), World(1, 2)) or ()
    assert own.message == "message (on rank 1)"


def scattered(model: nn.Module, *args: object, dim: int | None = 0) -> list[tuple[str, str]]:
    with watch(probe=False) as seen:
        (model if dim is None else nn.DataParallel(model, dim=dim))(*args)
    return [(f.code, f.message) for f in seen.findings]


class Encoder(nn.Module):
    def __init__(self, batch_first: bool) -> None:
        super().__init__()
        self.embed = nn.Embedding(9, 4)
        self.gru = nn.GRU(4, 6, batch_first=batch_first)

    def forward(self, x: torch.Tensor, h_0: torch.Tensor | None = None) -> torch.Tensor:
        return self.gru(self.embed(x), h_0)[0]  # type: ignore[no-any-return]


def test_data_parallel_is_told_where_the_batch_is() -> None:
    x = torch.randint(0, 9, (5, 3))
    (found,) = scattered(Encoder(False), x)
    assert found[0] == "RNN391"
    assert "cuts the input, (5, 3), along axis 0, which is time; the batch is on axis 1" in found[1]
    assert scattered(Encoder(False), x, dim=1) == []
    assert scattered(Encoder(True), x) == []
    assert scattered(Encoder(False), x, dim=None) == []


def test_data_parallel_cuts_states_along_the_layers() -> None:
    x, h_0 = torch.randint(0, 9, (5, 3)), torch.zeros(1, 5, 6)
    (found,) = scattered(Encoder(True), x, h_0)
    assert "cuts a state, (1, 5, 6), along axis 0, which is layers*directions" in found[1]
