"""What watching costs: a training step with and without it, and memory over many steps.

    python benchmarks/watch.py [--steps 10000]

Prints, for a usual and for a tiny step, the processor time of a watched step over that of an
unwatched one (best of interleaved rounds, warm), and how much the peak memory of the process grows
over --steps tiny watched steps. Processor time, because machines are shared.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

from rnnscope.watching import watch

Step = Callable[[], None]


def usual() -> Step:
    """Embedding, a two-layer bidirectional LSTM(128, 256), a linear layer; N=32, L=100."""
    embed, lstm = nn.Embedding(1000, 128), nn.LSTM(128, 256, 2, bidirectional=True)
    head = nn.Linear(512, 10)
    x, y = torch.randint(0, 1000, (100, 32)), torch.randint(0, 10, (32,))
    return training(lambda: F.cross_entropy(head(lstm(embed(x))[0].mean(0)), y), embed, lstm, head)


def tiny() -> Step:
    """LSTM(10, 20) and a linear layer; N=8, L=12."""
    lstm, head = nn.LSTM(10, 20, batch_first=True), nn.Linear(20, 3)
    x, y = torch.randn(8, 12, 10), torch.randint(0, 3, (8,))
    return training(lambda: F.cross_entropy(head(lstm(x)[0][:, -1]), y), lstm, head)


def training(loss: Callable[[], torch.Tensor], *modules: nn.Module) -> Step:
    parameters = [p for module in modules for p in module.parameters()]
    optimizer = torch.optim.Adam(parameters)

    def step() -> None:
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()

    return step


def seconds(step: Step, times: int) -> float:
    """Processor seconds of one step."""
    start = time.process_time()
    for _ in range(times):
        step()
    return (time.process_time() - start) / times


def ratio(make: Callable[[], Step], times: int, rounds: int, warm: int) -> float:
    """Watched over unwatched, the best of each."""
    plain, watched = make(), make()
    best = [float("inf"), float("inf")]
    for _ in range(rounds):
        best[0] = min(best[0], seconds(plain, times))
        with watch(probe=False):
            seconds(watched, warm)
            best[1] = min(best[1], seconds(watched, times))
    return best[1] / best[0]


def growth(steps: int) -> float:
    """How many MiB the peak memory grows over tiny watched steps, after the first tenth."""
    step = tiny()
    with watch(probe=False):
        seconds(step, steps // 10)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        seconds(step, steps)
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return (after - before) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    torch.manual_seed(0)
    print(f"tiny step: {ratio(tiny, 200, options.rounds, 50):.2f} times")
    print(f"usual step: {ratio(usual, 2, options.rounds, 40):.2f} times")
    print(f"peak memory over {options.steps} steps: {growth(options.steps):+.1f} MiB")


if __name__ == "__main__":
    main()
