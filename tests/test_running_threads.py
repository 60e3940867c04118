"""Something of ours at the beginning and at the end of each thread of a program."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from rnnscope.running.threads import in_every_thread

told: list[str] = []


@pytest.fixture
def stop() -> Iterator[Callable[[], None]]:
    told.clear()
    before = vars(threading.Thread)["_bootstrap_inner"]
    stop = in_every_thread(lambda: told.append("enter"), lambda: told.append("leave"))
    yield stop
    stop()
    assert vars(threading.Thread)["_bootstrap_inner"] is before


class Own(threading.Thread):
    def run(self) -> None:
        told.append(f"run {threading.current_thread() is self}")


def ran(thread: threading.Thread) -> list[str]:
    thread.start()
    thread.join()
    return told


@pytest.mark.usefixtures("stop")
def test_a_thread_is_entered_and_left() -> None:
    thread = threading.Thread(target=told.append, args=("run",))
    assert ran(thread) == ["enter", "run", "leave"]
    assert threading.enumerate() == [threading.current_thread()]  # none that Python invented


@pytest.mark.usefixtures("stop")
def test_a_thread_with_a_run_of_its_own_too() -> None:
    assert ran(Own()) == ["enter", "run True", "leave"]


@pytest.mark.usefixtures("stop")
def test_the_exception_of_a_thread_does_not_show_us(monkeypatch: pytest.MonkeyPatch) -> None:
    frames: list[str] = []

    def hook(failed: threading.ExceptHookArgs) -> None:
        trace = failed.exc_traceback
        while trace is not None:
            frames.append(trace.tb_frame.f_code.co_name)
            trace = trace.tb_next

    monkeypatch.setattr(threading, "excepthook", hook)
    assert ran(threading.Thread(target=lambda: 1 / 0)) == ["enter", "leave"]
    assert frames == ["_bootstrap_inner", "run", "<lambda>"]


def test_after_the_end_threads_are_left_alone(stop: Callable[[], None]) -> None:
    wait = threading.Event()
    thread = threading.Thread(target=wait.wait)
    thread.start()
    stop()
    assert ran(Own()) == ["enter", "run True"]
    wait.set()
    thread.join()
    assert told[-1] == "leave"
