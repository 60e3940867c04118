"""What has been drawn: each kind of layer by each option."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from rnnscope.cells import KINDS
from rnnscope.fuzzing.cases import Case

Cell = tuple[str, str, str]


@dataclass(slots=True)
class Coverage:
    """How many cases were checked, by topic, choice and kind; adds up over processes."""

    examples: int = 0
    counts: Counter[Cell] = field(default_factory=Counter)

    def add(self, case: Case) -> None:
        self.examples += 1
        kind = case.config.kind
        self.counts.update((topic, choice, kind) for topic, choice in _choices(case))

    def merge(self, other: Coverage) -> None:
        self.examples += other.examples
        self.counts.update(other.counts)

    def rows(self) -> Iterator[tuple[str, str, tuple[int, ...]]]:
        """Topic, choice, and one count for each kind in the order of KINDS."""
        seen = sorted({(topic, choice) for topic, choice, _ in self.counts}, key=_order)
        for topic, choice in seen:
            yield topic, choice, tuple(self.counts[topic, choice, kind] for kind in KINDS)


TOPICS = (
    "all",
    "layers",
    "directions",
    "layout",
    "batch_first",
    "states",
    "projection",
    "bias",
    "dropout",
    "dtype",
)


def _order(row: tuple[str, str]) -> tuple[int, str]:
    return TOPICS.index(row[0]), row[1]


def _choices(case: Case) -> Iterator[tuple[str, str]]:
    config, call = case.config, case.call
    yield "all", ""
    yield "layout", case.layout
    yield "states", "given" if call.states_given else "left to torch"
    yield "bias", "yes" if config.bias else "no"
    yield "dtype", config.dtype
    if config.single_step:
        return
    yield "layers", str(config.num_layers)
    yield "directions", str(config.directions)
    yield "batch_first", "yes" if config.batch_first else "no"
    yield "projection", "yes" if config.proj_size else "no"
    yield "dropout", "yes" if config.dropout else "no"
