"""disagreements(case): predict, measure, recompute, and ask every rule; what does not hold?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rnnscope.facts import LayerFacts, differences
from rnnscope.fuzzing.cases import Case
from rnnscope.prediction import predict
from rnnscope.rules import examine
from rnnscope.subjects import Construction, LayerCall

if TYPE_CHECKING:
    from torch import Tensor

    from rnnscope.trial import Measurement

# The dtypes that every torch runs on every device: elsewhere a refusal is torch's to make.
ALWAYS_RUN = frozenset({"float32", "float64"})


def disagreements(case: Case) -> tuple[str, ...]:
    """Every way in which torch, the prediction, the reference and the rules differ on one case.

    Empty when all agree. A dtype that torch refuses to run on this device is no disagreement.

    >>> from rnnscope.fuzzing import Call, RNNConfig
    >>> disagreements(Case(RNNConfig("GRU", 3, 4), Call(batch=2)))
    ()
    """
    from rnnscope.trial import measure_config

    facts = predict(case.config, case.call)
    measurement = measure_config(case.config, case.call, seed=case.seed)
    return (*_shapes(facts, measurement), *_numbers(case, measurement), *_rules(case, measurement))


def _shapes(facts: LayerFacts, measurement: Measurement) -> Iterator[str]:
    if measurement.complete:
        for found in differences(facts, measurement.facts):
            yield (
                f"{found.name}: predicted {found.field} {found.expected}, measured {found.actual}"
            )
    elif facts.config.dtype in ALWAYS_RUN and facts.config.device != "meta":
        yield f"not measured: {measurement.incomplete}"


def _numbers(case: Case, measurement: Measurement) -> Iterator[str]:
    if not measurement.complete:
        return
    import torch

    from rnnscope.reference import TOLERANCES, ReferenceRNN, largest_difference

    with torch.no_grad():
        recomputed = ReferenceRNN.of(measurement.module).eval()(*measurement.inputs)
    gap = largest_difference(measurement.result, recomputed)
    if not gap <= TOLERANCES[case.config.dtype] * _scale(measurement, gap):
        yield f"reference: max |difference| {gap:.1e}, allowed {TOLERANCES[case.config.dtype]:.0e}"


def _scale(measurement: Measurement, gap: float) -> float:
    """The size of the numbers, where they are large: a tolerance is relative to them."""
    if gap == 0:
        return 1.0
    return max([1.0, *(float(t.abs().max()) for t in _tensors(measurement.result) if t.numel())])


def _tensors(result: Any) -> Iterator[Tensor]:
    if hasattr(result, "batch_sizes"):
        yield result.data
    elif isinstance(result, tuple):
        for part in result:
            yield from _tensors(part)
    else:
        yield result


def _rules(case: Case, measurement: Measurement) -> Iterator[str]:
    config = case.config
    subjects: list[object] = [
        Construction(config.kind, kwargs=config.arguments(), config=config),
    ]
    if measurement.complete:
        from rnnscope.tracing.sketching import sketch

        input, hx = measurement.inputs
        given = hx if case.call.states_given else None
        subjects.append(LayerCall(config, sketch(input), sketch(given), live=True))
    for subject in subjects:
        for finding in examine(subject):
            if finding.severity.counts:
                yield f"a rule finds fault with a right call: {finding}"
