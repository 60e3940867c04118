"""The recording: in whatever order watches come and go, torch stays as it was."""

from __future__ import annotations

import gc
import threading
import warnings
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from asking import steps
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.optim import optimizer
from torch.overrides import _get_current_function_mode_stack

from rnnscope.measuring.randomness import preserved_randomness
from rnnscope.recording.pace import CALLS, FIRST, NOVEL, Pace
from rnnscope.recording.patches import rows
from rnnscope.recording.recorder import RECORDER
from rnnscope.recording.tape import Tape
from rnnscope.watching import Watch, watch


def patched() -> list[Any]:
    """Every attribute that a recording replaces, itself and inherited, and the modes."""
    found = [
        (vars(owner).get(name), getattr(owner, name, None)) for owner, name, _ in rows(RECORDER)
    ]
    return [*found, len(optimizer._global_optimizer_pre_hooks), modes()]


def modes() -> int:
    return len(_get_current_function_mode_stack())


@pytest.fixture(autouse=True)
def everything_is_put_back() -> Iterator[None]:
    before = patched()
    RECORDER.failures.clear()
    with preserved_randomness():
        torch.manual_seed(0)
        yield
    assert patched() == before
    assert RECORDER.subscribers == ()
    assert RECORDER.failures == {}


def codes(seen: Watch) -> list[str]:
    return [finding.code for finding in seen.findings if finding.severity.counts]


def last_sample() -> None:
    lstm, head = nn.LSTM(4, 6, batch_first=True), nn.Linear(6, 2)
    head(lstm(torch.randn(3, 5, 4))[0][-1]).sum().backward()


def drops_its_state() -> None:
    decoder, value = nn.GRU(2, 6, batch_first=True), nn.Linear(6, 2)
    state, step = torch.zeros(1, 3, 6), torch.randn(3, 1, 2)
    for _ in range(6):
        output, _ = decoder(step, state)
        step = value(output)
    step.sum().backward()


def left_out() -> None:
    encoder, decoder = nn.GRU(4, 8), nn.GRU(4, 8)
    sgd = torch.optim.SGD(decoder.parameters(), lr=0.1)
    for _ in range(3):
        _, h = encoder(torch.randn(5, 3, 4))
        decoder(torch.randn(5, 3, 4), h)[0].pow(2).mean().backward()
        sgd.step()
        sgd.zero_grad()


def right() -> None:
    gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 2)
    F.cross_entropy(head(gru(torch.randn(3, 5, 4))[1][-1]), torch.tensor([0, 1, 0])).backward()


MISTAKES = [(last_sample, "RNN401"), (drops_its_state, "RNN604"), (left_out, "RNN191")]
PROGRAMS = [*(program for program, _ in MISTAKES), right]


# ---- watches come and go -------------------------------------------------------------------------


@settings(max_examples=30)
@given(st.data())
def test_watches_entered_and_left_in_any_order(data: st.DataObject) -> None:
    before = patched()
    watches = [watch(show=False) for _ in range(3)]
    toggles = data.draw(st.permutations([0, 0, 1, 1, 2, 2]))
    heard: list[set[str]] = [set(), set(), set()]
    open_ones: set[int] = set()
    for number in toggles:
        if number in open_ones:
            watches[number].__exit__(None, None, None)
            open_ones.remove(number)
        else:
            watches[number].__enter__()
            open_ones.add(number)
        program, code = data.draw(st.sampled_from(MISTAKES[:2]))
        program()
        for listener in open_ones:
            heard[listener].add(code)
    assert patched() == before
    assert [set(codes(seen)) for seen in watches] == heard


def test_a_watch_that_ends_does_not_blind_the_one_around_it() -> None:
    with watch() as outer:
        with watch() as inner:
            pass
        last_sample()
    assert codes(outer) == ["RNN401"]
    assert codes(inner) == []


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_watch_inside_of_another_finds_what_it_finds_alone(program: Callable[[], None]) -> None:
    with watch() as alone:
        program()
    with watch() as outer, watch() as inner:
        program()
    assert codes(inner) == codes(outer) == codes(alone)


def test_an_exception_on_the_way_in_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    before = patched()
    monkeypatch.setattr(
        "rnnscope.recording.patches.register_optimizer_step_pre_hook", lambda hook: 1 / 0
    )
    with pytest.raises(ZeroDivisionError), watch():
        pass
    assert patched() == before


# ---- what one program tells, and what it does not ------------------------------------------------


def test_the_mistake_of_one_model_does_not_hide_that_of_another() -> None:
    with watch() as seen:
        for program, _ in MISTAKES:
            program()
    assert {code for _, code in MISTAKES} <= set(codes(seen))


@pytest.mark.parametrize(("program", "code"), MISTAKES)
def test_a_model_that_is_gone_at_the_end_of_the_watch(
    program: Callable[[], None], code: str
) -> None:
    def main() -> None:
        program()
        gc.collect()

    with watch() as seen:
        main()
    assert codes(seen) == [code]


def test_a_wrong_call_that_the_program_handles() -> None:
    gru = nn.GRU(4, 6)
    with watch() as seen:
        try:
            gru(torch.randn(5, 3, 7))
        except RuntimeError:
            gru(torch.randn(5, 3, 4))
    assert codes(seen) == []


def test_a_wrong_call_that_it_does_not_handle() -> None:
    gru = nn.GRU(4, 6)
    with pytest.raises(RuntimeError), watch() as seen:
        gru(torch.randn(5, 3, 7))
    assert codes(seen) == ["RNN201"]


def test_a_warning_is_shown_once_and_at_the_line_of_the_program() -> None:
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        with watch():
            warnings.warn("mine", stacklevel=1)
            nn.GRU(4, 6, dropout=0.5)
    assert [str(warning.message)[:4] for warning in shown] == ["mine", "drop"]
    assert shown[0].filename == __file__


def test_warnings_of_an_earlier_watch_are_forgotten() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with watch():
            warnings.warn("mine", stacklevel=1)
    assert RECORDER.warnings == []


def test_no_model_of_a_watch_stays_alive() -> None:
    alive = []
    with watch():
        for _ in range(30):
            gru = nn.GRU(4, 6)
            gru(torch.randn(5, 3, 4))[0].sum().backward()
            alive.append(weakref.ref(gru))
        del gru
        right()
        gc.collect()
        assert [model for model in alive if model() is not None] == []


def test_threads_are_recorded() -> None:
    with watch() as seen:
        thread = threading.Thread(target=last_sample)
        thread.start()
        thread.join()
    assert codes(seen) == ["RNN401"]


# ---- pace ----------------------------------------------------------------------------------------


def recorded(pace: Pace, steps: int) -> list[int]:
    """The numbers of the steps that are recorded, of so many."""
    found, on = [], True
    for number in range(steps):
        if on:
            found.append(number)
        on = pace.next_step(on)
    return found


def test_the_first_steps_and_powers_of_two_are_recorded() -> None:
    assert recorded(Pace(), 200) == [*range(FIRST), 8, 16, 32, 64, 128]


def test_every_step() -> None:
    assert recorded(Pace(every_step=True), 50) == list(range(50))


@given(st.integers(1, 40), st.booleans())
def test_a_limit_of_steps(limit: int, every_step: bool) -> None:
    alone = recorded(Pace(every_step), 200)
    assert recorded(Pace(every_step, limit), 200) == alone[:limit]


def test_what_is_new_is_recorded_once() -> None:
    pace = Pace()
    recorded(pace, 20)
    assert pace.novel("another line")
    assert not pace.novel("another line")
    assert [pace.next_step(True) for _ in range(4)] == [True] * (NOVEL - 1) + [False] * 3


def test_nothing_is_new_behind_the_limit() -> None:
    pace = Pace(limit=2)
    recorded(pace, 5)
    assert not pace.novel("another line")


def test_between_recorded_steps_the_mode_is_off_the_stack() -> None:
    gru, on = nn.GRU(4, 6), []
    with watch():
        for _ in range(20):
            on.append(modes() > 0)
            gru(torch.randn(5, 3, 4))[0].sum().backward()
    assert on == [*[True] * 9, *[False] * 7, True, *[False] * 3]


def test_a_long_loop_without_gradients_is_let_go_too() -> None:
    gru, state = nn.GRU(4, 6), None
    with watch(), torch.no_grad():
        for _ in range(CALLS * (FIRST + 2)):
            _, state = gru(torch.randn(1, 3, 4), state)
        assert modes() == 0


# ---- tapes ---------------------------------------------------------------------------------------


@contextmanager
def taped() -> Iterator[list[Tape]]:
    tapes: list[Tape] = []
    with steps(tapes.append):
        yield tapes


def test_a_call_in_place_gives_its_tensor_a_new_slot() -> None:
    x, w = torch.ones(3, 4), torch.ones(3, 4, requires_grad=True)
    with taped() as tapes:
        x.add_(1.0)
        (x * w).sum().backward()
    add, times, total = tapes[0].calls
    assert add.changed in add.results
    assert add.changed not in add.inputs
    assert add.changed in times.inputs
    assert tapes[0].loss in total.results
    (source,) = (slot for slot in add.inputs if slot in tapes[0].sources)
    kept = tapes[0].values[source]
    assert kept is not None
    assert kept.tolist() == torch.ones(3, 4).tolist(), "a source keeps its value for replays"


def test_out_is_what_the_call_changes() -> None:
    x, out = torch.ones(3), torch.zeros(3)
    with taped() as tapes:
        torch.add(x, x, out=out)
    (call,) = tapes[0].calls
    assert call.changed is not None
    assert call.results == (call.changed,)


def test_a_change_by_way_of_a_view_makes_all_that_memory_volatile() -> None:
    x = torch.zeros(3, 4)
    with taped() as tapes:
        row = x[0]
        row.fill_(1.0)
        doubled = x * 2
    assert doubled[0].tolist() == [2.0] * 4
    view, fill, double = tapes[0].calls
    assert {*view.inputs, *view.results, *fill.results} <= tapes[0].volatile
    assert not tapes[0].volatile.issuperset(double.results)


def test_a_transposition_in_place() -> None:
    with taped() as tapes:
        x = torch.zeros(3, 4)
        x.transpose_(0, 1)
        x.sum()
    zeros, turned, _ = tapes[0].calls
    assert tapes[0].shape(zeros.results[0]) == (3, 4)
    assert turned.changed is not None
    assert tapes[0].shape(turned.changed) == (4, 3)


def test_a_parameter_that_is_filled_by_way_of_a_view_is_settled() -> None:
    with taped() as tapes:
        words = nn.Embedding(8, 4, padding_idx=0)
        (words(torch.tensor([1, 2])) @ words.weight[1:].t()).sum().backward()
    fill = next(call for call in tapes[0].calls if call.name == "fill_")
    assert fill.changed in tapes[0].settled


def test_a_tensor_that_python_reads_is_looked_at() -> None:
    with taped() as tapes:
        total = torch.ones(3).sum()
        assert total.item() == 3.0
    assert tapes[0].calls[-1].results[0] in tapes[0].looked_at


def test_a_kernel_knows_its_layer_and_its_line() -> None:
    with taped() as tapes:
        gru = nn.GRU(4, 6, 2, batch_first=True, bidirectional=True)
        gru(torch.randn(3, 5, 4))[0].sum().backward()
    (kernel,) = tapes[0].recurrent
    assert kernel.layer is not None
    assert (kernel.layer.kind, kernel.layer.num_layers, kernel.layer.hidden_size) == ("GRU", 2, 6)
    assert kernel.layer.batch_first
    assert kernel.layer.bidirectional
    assert kernel.location is not None
    assert kernel.layer.built_at is not None
    assert kernel.location.line == kernel.layer.built_at.line + 1
    assert __file__.endswith(kernel.location.file)
