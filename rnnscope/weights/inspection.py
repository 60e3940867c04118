"""The report of a weights file: its layers by names and shapes, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rnnscope.report import Report
from rnnscope.results import LayerResult
from rnnscope.rules import examine
from rnnscope.torch_import import import_torch
from rnnscope.weights.checking import misplaced, problems_in, stored_layers
from rnnscope.weights.facts import LayerValues
from rnnscope.weights.recognition import StoredLayer


def report_of(path: Path, prefix: str, against: str | None, values: bool) -> Report:
    """What ``rnnscope.inspect_weights`` returns."""
    layers = stored_layers(path, prefix)
    problems = [*problems_in(layers), *(misplaced(layers, against, prefix) if against else ())]
    known = tuple(layer for layer in layers if layer.config)
    numbers: Sequence[LayerValues | None] = [None] * len(known)
    if values:
        import_torch()
        from rnnscope.weights.values import read_values

        numbers, broken = read_values(path, known)
        problems += broken
    results = tuple(map(_result, known, numbers))
    found = tuple(finding for problem in problems for finding in examine(problem))
    return Report(results, found, model=any(layer.path for layer in layers))


def _result(layer: StoredLayer, values: LayerValues | None) -> LayerResult:
    facts, paths = layer.facts(), (layer.path,) if layer.path else ()
    return LayerResult(
        facts,
        measured=facts,
        paths=paths,
        notes=layer.notes,
        unknown=layer.unknown,
        values=values,
    )
