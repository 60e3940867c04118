"""fuzz_in_processes(): the same, shared out over several processes of one machine."""

from __future__ import annotations

import signal
from collections.abc import Callable
from math import ceil
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any

from rnnscope.fuzzing.cases import Space
from rnnscope.fuzzing.coverage import Coverage
from rnnscope.fuzzing.session import Outcome, fuzz


def fuzz_in_processes(
    space: Space,
    *,
    examples: int,
    random_seed: int,
    jobs: int,
    listener: Callable[[Coverage], None],
) -> Outcome:
    """Check ``examples`` cases in ``jobs`` processes, each with a seed of its own.

    The first process that reports a failing case ends them all.
    """
    context = get_context("spawn")
    workers = []
    for job in range(jobs):
        ours, theirs = context.Pipe(duplex=False)
        share = (space, ceil(examples / jobs), random_seed * jobs + job)
        process = context.Process(target=_work, args=(theirs, *share), daemon=True)
        process.start()
        theirs.close()
        workers.append((process, ours))
    try:
        return _gather([ours for _, ours in workers], listener)
    finally:
        for process, _ in workers:
            process.terminate()
            process.join()


def _gather(connections: list[Connection], listener: Callable[[Coverage], None]) -> Outcome:
    total = Outcome()
    latest = {id(c): Coverage() for c in connections}
    open_ones = list(connections)
    try:
        while open_ones:
            for connection in wait(open_ones):
                message = _received(connection)  # type: ignore[arg-type]
                if message is None or isinstance(message, Outcome):
                    open_ones.remove(connection)  # type: ignore[arg-type]
                if isinstance(message, Outcome):
                    latest[id(connection)] = message.coverage
                    total.failing = total.failing or message.failing
                elif message is not None:
                    latest[id(connection)] = message
            total.coverage = _sum(latest.values())
            listener(total.coverage)
            if total.failing:
                break
    except KeyboardInterrupt:
        total.interrupted = True
    return total


def _sum(parts: Any) -> Coverage:
    whole = Coverage()
    for part in parts:
        whole.merge(part)
    return whole


def _received(connection: Connection) -> Any:
    """The next message, or None when the process has gone."""
    try:
        return connection.recv()
    except EOFError:
        return None


def _work(connection: Connection, space: Space, examples: int, random_seed: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears Ctrl-C and ends us
    outcome = fuzz(space, examples=examples, random_seed=random_seed, listener=connection.send)
    connection.send(outcome)
    connection.close()
