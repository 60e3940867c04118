"""How fast the reference is beside nn.LSTM and beside the cell of the usual tutorial.

    python benchmarks/reference.py            # L=100, N=32, H_in=H_cell=256, two threads

Prints milliseconds and ratios, all of one run, without gradients, with, and with the backward pass.
The three take turns, and each time is the median of its own rounds, so that a busy machine slows
all of them; on a very busy one take ``--threads 1 --clock cpu``. Both LSTMs from scratch make the
same multiplications, so that the larger the layer, the less their ways of writing differ.

Targets: reference at most 2.0 times nn.LSTM, tutorial at least 1.5 times reference. Reached with
torch 2.13 on one core: 1.2 to 1.7 times nn.LSTM, and the tutorial 1.2 times the reference (1.4 to
1.8 times with --size 64, where writing counts for more).
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from rnnscope.reference import ReferenceRNN, largest_difference

if TYPE_CHECKING:
    from benchmarks.ratio import Ratio


class TutorialLSTM(nn.Module):
    """The LSTM as tutorials write it: two Linear layers for each of four gates, step by step."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.hidden_size = hidden_size
        self.of_input = nn.ModuleList(nn.Linear(input_size, hidden_size) for _ in "ifgo")
        self.of_state = nn.ModuleList(nn.Linear(hidden_size, hidden_size) for _ in "ifgo")

    @classmethod
    def of(cls, lstm: nn.LSTM) -> TutorialLSTM:
        """With the weights of a one-layer nn.LSTM."""
        tutorial = cls(lstm.input_size, lstm.hidden_size)
        for linears, part in ((tutorial.of_input, "ih"), (tutorial.of_state, "hh")):
            weights = getattr(lstm, f"weight_{part}_l0").detach().chunk(4)
            biases = getattr(lstm, f"bias_{part}_l0").detach().chunk(4)
            for linear, weight, bias in zip(linears, weights, biases, strict=True):
                linear.weight = nn.Parameter(weight.clone())
                linear.bias = nn.Parameter(bias.clone())
        return tutorial

    def forward(self, input: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        h = c = input.new_zeros(input.shape[1], self.hidden_size)
        x_i, x_f, x_g, x_o = self.of_input
        h_i, h_f, h_g, h_o = self.of_state
        outputs = []
        for x in input:
            i = torch.sigmoid(x_i(x) + h_i(h))
            f = torch.sigmoid(x_f(x) + h_f(h))
            g = torch.tanh(x_g(x) + h_g(h))
            o = torch.sigmoid(x_o(x) + h_o(h))
            c = f * c + i * g
            h = o * torch.tanh(c)
            outputs.append(h)
        return torch.stack(outputs), (h[None], c[None])


CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}


def milliseconds(
    runs: dict[str, Callable[[], None]], rounds: int, clock: Callable[[], float]
) -> dict[str, float]:
    """The median time of each, measured in turns; one warm-up round is not counted."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(rounds + 1):
        for name, run in runs.items():
            start = clock()
            run()
            if turn:
                times[name].append(1000 * (clock() - start))
    return {name: statistics.median(values) for name, values in times.items()}


def forward(layer: nn.Module, x: Tensor) -> Callable[[], None]:
    return lambda: layer(x)


def forward_without_gradients(layer: nn.Module, x: Tensor) -> Callable[[], None]:
    return torch.no_grad()(lambda: layer(x))


def forward_and_backward(layer: nn.Module, x: Tensor) -> Callable[[], None]:
    return lambda: layer(x)[0].sum().backward()


WAYS = {
    "no_grad": forward_without_gradients,
    "forward with grad": forward,
    "forward + backward": forward_and_backward,
}


def ratios() -> list[Ratio]:
    """The same for ``python -m benchmarks.run``: beside nn.LSTM, and beside the tutorial's cell."""
    from benchmarks.ratio import Ratio

    torch.manual_seed(0)
    lstm = nn.LSTM(256, 256)
    reference, tutorial = ReferenceRNN.of(lstm), TutorialLSTM.of(lstm)
    x = torch.randn(100, 32, 256)
    found = []
    for way, prepare in WAYS.items():
        ours, theirs, textbook = (prepare(layer, x) for layer in (reference, lstm, tutorial))
        found += [
            Ratio(f"reference / nn.LSTM, {way}", ours, theirs, 2.0, 9),
            Ratio(f"reference / tutorial cell, {way}", ours, textbook, 1 / 1.5, 9),
        ]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--steps", type=int, default=100, help="L")
    parser.add_argument("--batch", type=int, default=32, help="N")
    parser.add_argument("--size", type=int, default=256, help="H_in and H_cell")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--clock", choices=CLOCKS, default="wall", help="cpu adds up threads")
    choice = parser.parse_args()
    torch.set_num_threads(choice.threads)
    torch.manual_seed(0)
    lstm = nn.LSTM(choice.size, choice.size)
    layers = {
        "nn.LSTM": lstm,
        "reference": ReferenceRNN.of(lstm),
        "tutorial": TutorialLSTM.of(lstm),
    }
    x = torch.randn(choice.steps, choice.batch, choice.size)
    print(f"torch {torch.__version__}, {choice.threads} threads, x {tuple(x.shape)}, {lstm}")
    for name, layer in layers.items():
        print(
            f"  {name:10} max |difference| to nn.LSTM {largest_difference(lstm(x), layer(x)):.1e}"
        )
    for way, prepare in WAYS.items():
        runs = {name: prepare(layer, x) for name, layer in layers.items()}
        took = milliseconds(runs, choice.rounds, CLOCKS[choice.clock])
        print(
            f"{way:19} nn.LSTM {took['nn.LSTM']:7.1f} ms | reference {took['reference']:7.1f} ms"
            f" = {took['reference'] / took['nn.LSTM']:.2f} x nn.LSTM | tutorial "
            f"{took['tutorial']:7.1f} ms = {took['tutorial'] / took['reference']:.2f} x reference"
        )


if __name__ == "__main__":
    main()
