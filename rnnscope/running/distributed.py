"""Several processes of one training run: each traces its own, and the report comes once.

Under ``torchrun --nproc-per-node 2 -m rnnscope run train.py`` the processes meet in the store
that torchrun itself keeps for them; rank 0 reports for all. Without that store each reports.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any

from rnnscope.findings import Finding, Location, Related, Severity

_PATIENCE = timedelta(seconds=60)  # for the slowest rank, after the first one ended


@dataclass(frozen=True, slots=True)
class World:
    """Which process of how many this is, and where they meet; ``host`` None: nowhere."""

    rank: int
    size: int
    host: str | None = None
    port: int = 0
    attempt: str = "0"

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ) -> World:
        """Read what torchrun puts into the environment of each process.

        >>> World.of({"RANK": "1", "WORLD_SIZE": "2"})
        World(rank=1, size=2, host=None, port=0, attempt='0')
        """
        told = environment.get("RANK", ""), environment.get("WORLD_SIZE", "")
        if not all(text.isdigit() for text in told):
            return cls(0, 1)
        rank, size = int(told[0]), int(told[1])
        if environment.get("TORCHELASTIC_USE_AGENT_STORE") != "True":
            return cls(rank, size)
        return cls(
            rank,
            size,
            environment["MASTER_ADDR"],
            int(environment["MASTER_PORT"]),
            environment.get("TORCHELASTIC_RESTART_COUNT", "0"),
        )


def gathered(findings: tuple[Finding, ...], world: World) -> tuple[Finding, ...] | None:
    """The findings of all ranks on rank 0; None elsewhere, once rank 0 has them."""
    if world.size == 1:
        return findings
    if world.host is None or "torch" not in sys.modules:
        return merged({world.rank: findings}, world.size)
    store = _store(world)
    own = f"rnnscope/{world.attempt}/{world.rank}"
    store.set(own, written(findings))
    if world.rank != 0:
        _wait(store, [f"rnnscope/{world.attempt}/done"])
        return None
    return merged({rank: _read(store, world, rank) for rank in range(world.size)}, world.size)


def reported(world: World) -> None:
    """Rank 0 has written its report: the others, whose end could end it, may leave."""
    if world.size > 1 and world.rank == 0 and world.host is not None and "torch" in sys.modules:
        _store(world).set(f"rnnscope/{world.attempt}/done", "1")


def merged(by_rank: Mapping[int, tuple[Finding, ...]], size: int) -> tuple[Finding, ...]:
    """One finding for each code and line, which says on which ranks it came up."""
    places: dict[tuple[str, Location | None], list[tuple[int, Finding]]] = {}
    for rank, findings in by_rank.items():
        for finding in findings:
            places.setdefault((finding.code, finding.location), []).append((rank, finding))
    return tuple(_named(same, size) for same in places.values())


def _named(same: list[tuple[int, Finding]], size: int) -> Finding:
    ranks = [rank for rank, _ in same]
    first = same[0][1]
    where = "every rank" if len(ranks) == size else f"rank {', '.join(map(str, ranks))}"
    count = sum(finding.count for _, finding in same)
    return replace(first, message=f"{first.message} (on {where})", count=count)


def _store(world: World) -> Any:
    from torch import distributed

    return distributed.TCPStore(  # type: ignore[attr-defined]
        world.host or "", world.port, is_master=False, timeout=_PATIENCE
    )


def _wait(store: Any, keys: list[str]) -> bool:
    try:
        store.wait(keys, _PATIENCE)
    except RuntimeError:  # the rank is gone; torch's DistStoreError is one
        return False
    return True


def _read(store: Any, world: World, rank: int) -> tuple[Finding, ...]:
    key = f"rnnscope/{world.attempt}/{rank}"
    if not _wait(store, [key]):
        return ()
    return read(store.get(key))


def written(findings: tuple[Finding, ...]) -> str:
    """Findings as text for another process; repairs are made from them there."""
    return json.dumps([asdict(replace(finding, repair=None)) for finding in findings], default=str)


def read(text: str | bytes) -> tuple[Finding, ...]:
    """What ``written`` wrote; the store is open to others, so nothing of it is run."""
    return tuple(_finding(**told) for told in json.loads(text))


def _finding(
    severity: str, location: dict[str, Any] | None, related: list[dict[str, Any]], **told: Any
) -> Finding:
    return Finding(
        severity=Severity(severity),
        location=Location(**location) if location else None,
        related=tuple(Related(Location(**r["location"]), r["message"]) for r in related),
        **told,
    )
