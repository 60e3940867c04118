"""Watching: what it collects, that it changes nothing, and that everything is put back."""

from __future__ import annotations

import gc
import threading
import warnings
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any
from weakref import ref

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch._dynamo.eval_frame import TorchPatcher
from torch.nn.modules import module as torch_module
from torch.optim import optimizer
from torch.overrides import _get_current_function_mode_stack

from rnnscope import watching
from rnnscope.errors import UnknownNameError
from rnnscope.recording.patches import rows
from rnnscope.recording.recorder import RECORDER
from rnnscope.watching import watch

# The first compilation replaces some of torch's functions for good: here, before they are compared.
TorchPatcher.patch()


def hooks() -> tuple[Any, ...]:
    """Everything that a recording puts in place, and what it must leave alone."""
    return (
        *(getattr(owner, name, None) for owner, name, _ in rows(RECORDER)),
        len(optimizer._global_optimizer_pre_hooks),
        len(torch_module._global_forward_hooks),
        len(torch_module._global_forward_pre_hooks),
        len(_get_current_function_mode_stack()),
    )


@pytest.fixture(autouse=True)
def everything_is_put_back() -> Iterator[None]:
    before = hooks()
    yield
    assert hooks() == before
    assert RECORDER.subscribers == ()


def last_sample() -> None:
    lstm, head = nn.LSTM(4, 6, batch_first=True), nn.Linear(6, 2)
    head(lstm(torch.randn(3, 5, 4))[0][-1])


def codes(seen: watching.Watch) -> list[str]:
    return [finding.code for finding in seen.findings]


def test_a_block_is_watched() -> None:
    with watch() as seen:
        last_sample()
    assert codes(seen) == ["RNN401"]
    assert "RNN401" in str(seen.report)


def test_a_function_is_watched() -> None:
    seen = watch()
    seen(last_sample)()
    assert codes(seen) == ["RNN401"]


def test_watches_nest_and_each_keeps_what_came_up_while_it_was_on() -> None:
    with watch() as outer:
        with watch() as inner:
            pass
        last_sample()
    assert codes(inner) == []
    assert codes(outer) == ["RNN401"]


def test_one_watch_can_be_entered_twice() -> None:
    seen = watch()
    with seen, seen:
        last_sample()
    assert codes(seen) == ["RNN401"]


@pytest.mark.filterwarnings("ignore:dropout option")
def test_many_steps_are_one_finding_with_a_count() -> None:
    with watch() as seen:
        for _ in range(5):
            gru = nn.GRU(4, 6, dropout=0.2)
            gru(torch.randn(5, 7, 4))[1].sum().backward()
    assert [(finding.code, finding.count) for finding in seen.findings] == [("RNN101", 5)]


def test_an_exception_gets_a_note_and_everything_is_restored() -> None:
    lstm = nn.LSTM(4, 6)
    with pytest.raises(RuntimeError) as caught, watch() as seen:
        lstm(torch.randn(5, 3, 4), (torch.zeros(1, 2, 6), torch.zeros(1, 2, 6)))
    assert "RNN204" in codes(seen)
    if hasattr(caught.value, "__notes__"):
        assert "RNN204" in caught.value.__notes__[0]
    assert seen.last_call is not None


def test_an_unknown_code_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="XYZ"):
        watch(select="XYZ")


def test_selected_codes_only() -> None:
    with watch(ignore="RNN4") as seen:
        last_sample()
    assert codes(seen) == []


def train() -> list[torch.Tensor]:
    torch.manual_seed(7)
    embed, lstm = nn.Embedding(20, 8), nn.LSTM(8, 6, 2, dropout=0.3, bidirectional=True)
    head = nn.Linear(12, 3)
    parameters = [*embed.parameters(), *lstm.parameters(), *head.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=0.01)
    for _ in range(6):
        x, y = torch.randint(0, 20, (7, 4)), torch.randint(0, 3, (4,))
        loss = F.cross_entropy(head(lstm(embed(x))[0].mean(0)), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return [*(p.detach().clone() for p in parameters), torch.rand(3)]


def test_training_is_the_same_bit_for_bit() -> None:
    plain = train()
    with watch():
        watched = train()
    assert all(torch.equal(a, b) for a, b in zip(plain, watched, strict=True))


def test_nothing_is_kept_of_the_tensors_of_past_steps() -> None:
    lstm, head = nn.LSTM(4, 6), nn.Linear(6, 2)
    outputs = []
    state = None
    with watch():
        for _ in range(60):
            output, state = lstm(torch.randn(5, 3, 4), state)
            outputs.append(ref(output))
            state = tuple(tensor.detach() for tensor in state)
            head(output).pow(2).mean().backward()
        del output
        gc.collect()
        # One step of each kind may wait until there is time to ask it.
        assert len([each for each in outputs if each() is not None]) <= 2


def test_another_thread_runs_unharmed() -> None:
    seen: list[torch.Tensor] = []
    lstm = nn.LSTM(4, 6)
    with watch() as outer:
        thread = threading.Thread(target=lambda: seen.append(lstm(torch.ones(5, 3, 4))[0]))
        thread.start()
        thread.join()
    assert seen[0].shape == (5, 3, 6)
    assert codes(outer) == []


def test_another_thread_can_watch_itself() -> None:
    found: list[list[str]] = []

    def work() -> None:
        with watch() as seen:
            last_sample()
        found.append(codes(seen))

    with watch():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert found == [["RNN401"]]


def test_a_long_loop_is_followed_in_some_steps_only() -> None:
    lstm, head = nn.LSTM(4, 6), nn.Linear(6, 2)
    with watch():
        for _ in range(50):
            head(lstm(torch.randn(5, 3, 4))[0]).pow(2).mean().backward()
        assert _get_current_function_mode_stack() == []
        nn.LSTM(4, 6)  # a layer unlike any before is looked at again
        assert len(_get_current_function_mode_stack()) == 1


def test_no_gradient_modes() -> None:
    lstm, head = nn.LSTM(4, 6, batch_first=True), nn.Linear(6, 2)
    for mode in (torch.no_grad, torch.inference_mode):
        with watch() as seen, mode():
            head(lstm(torch.randn(3, 5, 4))[0][-1])
        assert codes(seen) == ["RNN401"]


def test_a_scripted_model_runs() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(4, 6)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            output: torch.Tensor = self.lstm(x)[0]
            return output

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # newer versions of torch call scripting deprecated
        model = torch.jit.script(Model())
    with watch() as seen:
        assert model(torch.randn(5, 3, 4)).shape == (5, 3, 6)
    assert codes(seen) == []


def test_a_warning_of_torch_names_the_line_that_it_names_without_a_watch() -> None:
    def heard(around: Any) -> list[tuple[str, int]]:
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("default")
            with around:
                for _ in range(2):
                    F.softmax(torch.zeros(2, 3))
                    F.mse_loss(torch.zeros(2, 1), torch.zeros(2))
                    nn.MSELoss()(torch.zeros(2, 1), torch.zeros(2))
        return [(warning.filename, warning.lineno) for warning in found]

    shown, filters = warnings.showwarning, list(warnings.filters)
    without = heard(nullcontext())
    assert [filename == __file__ for filename, _ in without] == [True, True, False]
    assert heard(watch()) == without
    assert (warnings.showwarning, list(warnings.filters)) == (shown, filters)


def test_what_torch_compiles_into_one_graph_stays_one_graph() -> None:
    torch.manual_seed(0)
    head = nn.Sequential(nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 2))
    lstm, x = nn.LSTM(3, 6, batch_first=True), torch.randn(2, 5, 3)
    compiled = torch.compile(head, backend="eager", fullgraph=True)
    with watch() as seen:
        result = compiled(lstm(x)[0][:, -1].detach())
    assert torch.equal(result, head(lstm(x)[0][:, -1]))
    assert seen.findings == ()
