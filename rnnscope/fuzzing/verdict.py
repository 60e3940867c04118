"""disagreements(case): predict, measure, recompute, and ask every rule; what does not hold?"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from rnnscope.facts import LayerFacts, differences
from rnnscope.fuzzing.cases import Case
from rnnscope.prediction import predict
from rnnscope.rules import examine
from rnnscope.subjects import Construction, LayerCall

if TYPE_CHECKING:
    from torch import nn

    from rnnscope.measuring.random_run import Measurement

# The dtypes that every torch runs on every device: elsewhere a refusal is torch's to make.
ALWAYS_RUN = frozenset({"float32", "float64"})


def disagreements(case: Case) -> tuple[str, ...]:
    """Every way in which torch, the prediction, the reference and the rules differ on one case.

    Empty when all agree. A dtype that torch refuses to run on this device is no disagreement.

    >>> from rnnscope.fuzzing import Call, RNNConfig
    >>> disagreements(Case(RNNConfig("GRU", 3, 4), Call(batch=2)))
    ()
    """
    import torch

    from rnnscope.measuring.random_run import measure_config

    facts = predict(case.config, case.call)
    with torch.inference_mode():  # nothing is differentiated, and small layers run a third faster
        measured = measure_config(case.config, case.call, seed=case.seed)
        return (*_shapes(facts, measured), *_numbers(case, measured), *_rules(case, measured))


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
    from rnnscope.reference import TOLERANCES, reference_of

    allowed = TOLERANCES[case.config.dtype]
    reference = reference_of(measurement.module, case.config)
    gap = _gap(reference(*measurement.inputs), measurement.result, allowed)
    if gap <= allowed or _agrees_in_double(measurement):
        return
    yield f"reference: max |difference| {gap:.1e}, allowed {allowed:.0e}"


def _gap(recomputed: object, result: object, allowed: float) -> float:
    """The largest |difference|; where that is more than allowed, relative to numbers above 1."""
    from rnnscope.reference.agreement import largest_difference, tensors_of

    gap = largest_difference(result, recomputed)
    if gap <= allowed:
        return gap
    return gap / max([1.0, *(float(t.abs().max()) for t in tensors_of(result) if t.numel())])


def _agrees_in_double(measurement: Measurement) -> bool:
    """Does the reference agree on the same numbers in double precision?

    Half precision and the poles of a complex tanh make much of little: what two orders of the same
    sums differ by grows from step to step. A mistake stays in double precision; a difference of
    rounding is not far above what torch's own result moves by with the last bit of the weights.
    """
    import torch

    from rnnscope.reference import TOLERANCES, largest_difference, reference_of

    allowed = TOLERANCES["float64"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # complex layers are new to torch, and it says so each time
        module, inputs = _in_double(measurement)
        result = module(*inputs)
        gap = _gap(reference_of(module)(*inputs), result, allowed)
        for weight in module.parameters():
            weight.mul_(1 + 4 * torch.finfo(weight.dtype).eps)
        moved = largest_difference(module(*inputs), result)
    return gap <= max(allowed, _ROUNDINGS * moved)


# How many roundings of one result may add up: a few for each product, step and layer.
_ROUNDINGS = 1000


def _in_double(measurement: Measurement) -> tuple[nn.Module, tuple[Any, ...]]:
    import torch

    def widened(value: Any) -> Any:
        if isinstance(value, tuple) and not hasattr(value, "batch_sizes"):
            return tuple(widened(part) for part in value)
        return value.to(torch.complex128 if value.data.is_complex() else torch.float64)

    dtype = widened(next(measurement.module.parameters())).dtype
    return deepcopy(measurement.module).to(dtype), widened(tuple(measurement.inputs))


def _rules(case: Case, measurement: Measurement) -> Iterator[str]:
    config = case.config
    subjects: list[object] = [
        Construction(config.kind, kwargs=config.arguments(), config=config),
    ]
    if measurement.complete:
        from rnnscope.live_specs import sketch

        input, hx = measurement.inputs
        given = hx if case.call.states_given else None
        subjects.append(LayerCall(config, sketch(input), sketch(given), live=True))
    for subject in subjects:
        for finding in examine(subject):
            if finding.severity.counts:
                yield f"a rule finds fault with a right call: {finding}"
