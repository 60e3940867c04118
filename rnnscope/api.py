"""The whole river on one page: what each verb does, in the order in which data flows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnscope.call import Call
from rnnscope.config import RNNConfig
from rnnscope.prediction import predict
from rnnscope.report import Report
from rnnscope.results import LayerResult
from rnnscope.rules import examine
from rnnscope.subjects import Construction
from rnnscope.torch_import import import_torch

if TYPE_CHECKING:
    pass


def inspect_config(
    config: RNNConfig,
    call: Call | None = None,
    *,
    seed: int = 0,
    run: bool = True,
    reference: bool = True,
) -> Report:
    """Predict one layer and, with ``run``, build it, run it, and compare."""
    facts = predict(config, call or Call())
    findings = examine(Construction(config.kind, kwargs=config.arguments(), config=config))
    if not run:
        return Report((LayerResult(facts),), findings)
    torch = import_torch()
    from rnnscope.reference.agreement import disagreement
    from rnnscope.trial import measure_config

    measurement = measure_config(config, facts.call, seed=seed)
    layer = LayerResult(
        facts,
        measured=measurement.facts,
        incomplete=measurement.incomplete,
        reference=disagreement(measurement.module, *measurement.inputs)
        if reference and measurement.complete
        else None,
    )
    return Report((layer,), findings, torch=torch.__version__.partition("+")[0])


def _parsed(subject: str | RNNConfig) -> RNNConfig:
    return RNNConfig.parse(subject) if isinstance(subject, str) else subject
