"""The whole verification: build, settle on a convention, watch, compare, conclude."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import nn

from rnnscope.config import RNNConfig
from rnnscope.errors import RnnscopeError, TargetError
from rnnscope.findings import Location
from rnnscope.rules import examine
from rnnscope.subjects.comparison import ComparisonResult, Difference
from rnnscope.verification import behaviour, contract, loading, naming, wording
from rnnscope.verification.calling_convention import Settled, settle
from rnnscope.verification.construct import NAMES, build, is_class, name_of
from rnnscope.verification.conventions import Order
from rnnscope.verification.hypotheses import Comparison, Match, first_difference
from rnnscope.verification.isolation import isolated
from rnnscope.verification.mapping import Mapping
from rnnscope.verification.mapping_parser import read_mapping
from rnnscope.verification.measuring import Differences, Speed, measure, speed
from rnnscope.verification.oracle import Oracle, constant_value
from rnnscope.verification.probe import Probe, plain
from rnnscope.verification.result import Verification
from rnnscope.verification.runner import Runner, with_tokens
from rnnscope.verification.search import baseline
from rnnscope.verification.target import loaded

# Primes apart from each other and from every count of layers, gates and directions.
_INPUT, _HIDDEN, _PROJECTED = 11, 13, 7
# Rounding of a whole stack, by a program that adds in another order than torch.
_TOLERANCES = {"float64": 1e-8, "float32": 3e-5}
# Above this the layer is verified at small sizes only.
_MOST_WEIGHTS = 20_000_000


def verify(
    target: object, like: RNNConfig | str, arguments: str | None = None, mapping: str | None = None
) -> Verification:
    """Hold a class, an object or the text ``file.py:Name`` against the layer that it should be.

    Raises TargetError when it cannot be loaded or built, ConfigError when ``like`` is no layer.
    """
    config = RNNConfig.parse(like) if isinstance(like, str) else like
    if config.dtype not in ("float32", "float64"):
        config = config.with_options(dtype="float32")
    source = loaded(target) if isinstance(target, str) else nullcontext(target)
    with isolated(), source as found:
        return _Case(found, config, arguments, mapping).verified()


@dataclass
class _Prepared:
    """A layer that has been built, beside torch's, and how far calling it has come."""

    config: RNNConfig
    runner: Runner
    oracle: Oracle
    probe: Probe
    settled: Settled
    tolerance: float


@dataclass
class _Case:
    """One target and the layer that it is held against."""

    target: Any
    like: RNNConfig
    arguments: str | None
    written: str | None

    def verified(self) -> Verification:
        """The whole verification."""
        prepared = self._prepare()
        settled = prepared.settled
        if settled.attempt is None:
            return self._concluded([contract.unread(settled, prepared.probe)])
        given = settled.attempt.given
        found = list(
            contract.differences(
                settled.attempt, prepared.probe, self.like, self._told(prepared.runner.layer)
            )
        )
        checks = behaviour.behaviour(prepared.runner, prepared.probe, given)
        comparison = Comparison(
            prepared.runner, prepared.oracle, prepared.probe, given, prepared.tolerance,
            self._fixed(prepared),
        )  # fmt: skip
        with torch.no_grad():
            match = comparison.match()
        found += wording.seen(checks, match)
        found += self._arithmetic(prepared, comparison, match, found)
        return self._finished(prepared, match, found, checks, given)

    def _prepare(self) -> _Prepared:
        """The first size and precision at which the layer is built and understood."""
        first: _Prepared | None = None
        refused: RnnscopeError | None = None
        for config in self._sizes():
            try:
                prepared = self._prepared(config)
            except TargetError as error:
                refused = error  # the last is about the sizes that were asked for
                continue
            if prepared.settled.attempt is not None:
                return prepared
            first = first or prepared
        if first is None:
            raise refused or TargetError(f"{name_of(self.target)} cannot be built.")
        return first

    def _sizes(self) -> Iterator[RNNConfig]:
        for dtype in ("float64", "float32"):
            if self._free:
                sizes = {"input_size": _INPUT, "hidden_size": _HIDDEN}
                if self.like.proj_size:
                    sizes["proj_size"] = _PROJECTED
                yield self.like.with_options(**sizes, dtype=dtype)
            yield self.like.with_options(dtype=dtype)

    @property
    def _free(self) -> bool:
        """Whether the sizes may be chosen: of a class whose arguments were not given."""
        return is_class(self.target) and self.arguments is None

    def _prepared(self, config: RNNConfig) -> _Prepared:
        torch.set_default_dtype(getattr(torch, config.dtype))
        oracle = Oracle(plain(config))
        runner = Runner(self._layer(config, oracle))
        probe = with_tokens(Probe.of(oracle.config), runner.embedding)
        tolerance = _TOLERANCES[config.dtype]
        order = Order(self.like.single_step, self._told(runner.layer))
        settled = settle(runner, oracle, probe, tolerance, order)
        return _Prepared(config, runner, oracle, probe, settled, tolerance)

    def _layer(self, config: RNNConfig, oracle: Oracle) -> Any:
        layer = build(self.target, config, self.arguments)
        if isinstance(layer, nn.Module):
            return layer.to(getattr(torch, config.dtype)).eval()
        if loading.loader_of(layer):
            loading.load(layer, oracle, 1)
            # Its tensors may be views of the oracle's own parameters.
            return copy.deepcopy(layer)
        return layer

    def _told(self, layer: object) -> bool | None:
        """The batch_first that the layer was told, None when it was told nothing."""
        own = getattr(layer, "batch_first", None)
        if isinstance(own, bool):
            return own
        if self._free and inspect.isclass(self.target):
            names = inspect.signature(self.target).parameters
            if any(name.casefold() in NAMES["batch_first"] for name in names):
                return self.like.batch_first
        return None

    def _fixed(self, prepared: _Prepared) -> Mapping | None:
        if self.written is None:
            return None
        shapes = {name: tuple(t.shape) for name, t in prepared.runner.weights.items()}
        return read_mapping(self.written, prepared.oracle.config, prepared.oracle.shapes(), shapes)

    def _arithmetic(
        self,
        prepared: _Prepared,
        comparison: Comparison,
        match: Match | None,
        so_far: list[Difference],
    ) -> Iterator[Difference]:
        """What the comparison of the functions has to say."""
        if match is None:
            if not any(not d.convention for d in so_far):
                yield self._unexplained(prepared, comparison)
            return
        if not match.hypothesis.right:
            shown = f": {match.hypothesis.shown}" if match.hypothesis.shown else ""
            yield Difference(
                match.hypothesis.kind, f"{match.hypothesis.text}{shown}", match.hypothesis.fix
            )
        elif match.names != comparison.returned and not any(not d.convention for d in so_far):
            yield _only_output(comparison, match)
        if match.missing:
            yield wording.missing(match)
        yield from naming.differences(match.mapping, prepared.runner.layer)
        yield from wording.extra(match.mapping)
        copied = loading.difference(self._fresh(prepared), prepared.oracle, match.mapping)
        if copied:
            yield copied

    def _fresh(self, prepared: _Prepared) -> Any:
        layer = prepared.runner.layer
        return (
            build(self.target, prepared.config, self.arguments)
            if loading.loader_of(layer)
            else layer
        )

    def _unexplained(self, prepared: _Prepared, comparison: Comparison) -> Difference:
        if _two_stacks(prepared):
            return Difference(
                "direction",
                "its weights are those of two stacks of one direction, joined only at the end; "
                "torch joins the two directions after every layer",
                "give each upper layer the concatenated halves, D*H_out features, of the one below",
            )
        expected = prepared.oracle(comparison.base, prepared.probe, comparison.given)
        place = first_difference(comparison.seen, expected, prepared.tolerance)
        seen = (
            f"with every weight {constant_value(prepared.oracle.config):.3g} "
            f"and every bias 0 it differs first in {place}"
            if place
            else "no mapping of its parameters to torch's makes it compute the same"
        )
        return Difference(
            "another-function",
            f"it computes something else than {self.like}, and no known mistake explains it: {seen}"
            f"{wording.strangers(prepared.runner.layer)}",
            "compare its equations with those of torch.nn, line by line",
        )

    def _finished(
        self, prepared: _Prepared, match: Match | None, found: list[Difference],
        checks: tuple[behaviour.Check, ...], given: bool,
    ) -> Verification:  # fmt: skip
        attempt = prepared.settled.attempt
        assert attempt is not None
        details: dict[str, Any] = {"checks": checks, "precision": prepared.config.dtype}
        details["calling"] = _calling(prepared.settled, prepared.oracle.config)
        if match is not None:
            final, mapping = self._final(prepared, match)
            details |= {"mapping": mapping, "own": final.runner.values()}
            if match.hypothesis.right:
                details["measured"] = self._measured(final, mapping, given, found)
                details["speed"] = _timed(final)
            else:
                details["computes"] = match.hypothesis.text
        return self._concluded(found, **details)

    def _final(self, prepared: _Prepared, match: Match) -> tuple[_Prepared, Mapping]:
        """The layer at the sizes and the precision that were asked for, with its mapping."""
        weights = sum(
            prod(shape)
            for shape in Oracle(plain(self.like.with_options(device="meta"))).shapes().values()
        )
        if weights > _MOST_WEIGHTS:
            return prepared, match.mapping
        try:
            torch.set_default_dtype(getattr(torch, self.like.dtype))
            oracle = Oracle(plain(self.like))
            runner = Runner(self._layer(self.like, oracle))
            runner.convention = prepared.runner.convention
            probe = with_tokens(Probe.of(oracle.config), runner.embedding)
            own = {name: tuple(t.shape) for name, t in runner.weights.items()}
            mapping = match.mapping.resized(oracle.config, oracle.shapes(), own)
            final = _Prepared(self.like, runner, oracle, probe, prepared.settled, 0.0)
            given = runner.convention is not None and runner.convention.passing is not None
            runner(mapping.from_torch(oracle.random(1), runner.values()), probe, given)
        except Exception:
            torch.set_default_dtype(getattr(torch, prepared.config.dtype))
            return prepared, match.mapping
        return final, mapping

    def _measured(
        self, final: _Prepared, mapping: Mapping, given: bool, found: list[Difference]
    ) -> Differences | None:
        """The numbers, and a finding of their own when values agree and gradients do not."""
        numbers = measure(final.runner, final.oracle, mapping, final.probe, given)
        bound = 1e-3 if final.config.dtype == "float32" else 1e-7
        counted = [d for d in found if not d.convention]
        if numbers.largest > bound and not counted:
            apart = (
                (numbers.gradients or 0) > bound >= max(numbers.outputs or 0, numbers.states or 0)
            )
            found.append(Difference(
                "gradient-lost" if apart else "another-function",
                f"results agree and gradients differ by {numbers.gradients:.2g}: the graph is cut"
                if apart
                else f"at the sizes of {self.like} it differs by {numbers.largest:.2g}",
                "look for a detach, .data or a no_grad between the steps" if apart else None,
            ))  # fmt: skip
        return numbers

    def _concluded(self, found: list[Difference], **details: Any) -> Verification:
        place = location_of(self.target)
        likeness = ComparisonResult(name_of(self.target), self.like, tuple(found), place)
        return Verification(name_of(self.target), self.like, likeness, examine(likeness), **details)


def _only_output(comparison: Comparison, match: Match) -> Difference:
    """The output is torch's exactly, and a state that is returned is not."""
    weights = comparison.oracle.random(7)
    ours = comparison.runner(
        comparison.own(match.mapping, weights), comparison.probe, comparison.given
    )
    theirs = comparison.oracle(weights, comparison.probe, comparison.given)
    place = first_difference(ours, theirs, comparison.tolerance)
    return Difference(
        "final-state",
        f"the output is torch's, and the states are not: {place}",
        "return the state of each layer after the last step that it has read",
    )


def _two_stacks(prepared: _Prepared) -> bool:
    """Whether the layer has the weights of two separate stacks, and torch's has wider ones."""
    config = prepared.oracle.config
    if config.directions == 1 or config.num_layers == 1:
        return False
    one_way = Oracle(config.with_options(bidirectional=False)).shapes()
    wanted = 2 * sum(prod(shape) for name, shape in one_way.items() if "weight" in name)
    return wanted == sum(t.numel() for t in prepared.runner.weights.values() if t.ndim > 1)


def _calling(settled: Settled, config: RNNConfig) -> str:
    attempt = settled.attempt
    assert attempt is not None
    text = f"input {attempt.convention.style}"
    if attempt.convention.passing:
        text += f", states {attempt.convention.passing.describe('c' in config.cell.states)}"
        return text + (" or left out" if settled.omittable else "")
    return f"{text}, no states given"


def _timed(final: _Prepared) -> Speed | None:
    try:
        return speed(final.runner, final.oracle, final.probe)
    except Exception:
        return None


def location_of(target: object) -> Location | None:
    """The line on which a class's computation begins."""
    owner = target if inspect.isclass(target) else type(target)
    for name in ("forward", "__call__", "run", "step", "__init__"):
        code = getattr(vars(owner).get(name), "__code__", None)
        if code is not None:
            return Location(code.co_filename, code.co_firstlineno)
    return None


__all__ = ["baseline", "verify"]
