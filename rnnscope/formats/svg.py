"""SVG: the unrolled network and the inside of its cell; of a model its layers in order of call."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from rnnscope.drawing.chain import Station, chain
from rnnscope.drawing.pictures import headline, layer_picture
from rnnscope.drawing.scene import Scene, Word, lines_of_text, stacked_scenes
from rnnscope.drawing.svg import svg
from rnnscope.facts import LayerFacts
from rnnscope.findings import Finding
from rnnscope.prediction import predict
from rnnscope.results import LayerResult, Result

_COLUMNS = 110  # of text below a picture, which is as wide


def render(result: Result, width: int = 80) -> str:
    """One picture; findings are written below it. ``width`` has no meaning here."""
    notes = [line for finding in result.findings for line in _finding(finding)]
    if result.outcome is not None and result.outcome.exception:
        notes += textwrap.wrap(f"{result.outcome.exception}: {result.outcome.message}", _COLUMNS)
    scenes = [picture(result)] if result.layers else []
    if notes or not scenes:
        lines = [(Word(line),) for line in notes or ["Nothing found."]]
        scenes.append(lines_of_text(lines, "Findings"))
    return svg(stacked_scenes(scenes, scenes[0].title))


def picture(result: Result) -> Scene:
    """What is drawn of a result with layers: one of them, or those of a model."""
    if result.model or result.stored:
        title = f"Recurrent layers {order(result)}"
        shown = [layer.facts for layer in result.layers]
        return stacked_scenes((headline(title, shown), stations(result)), title)
    facts = result.layers[0].facts
    return layer_picture(facts if facts.tensors else predict(facts.config))


def order(result: Result) -> str:
    """In which order the layers of a model or a file are told."""
    return "in the file" if result.stored else "in order of call"


def stations(result: Result) -> Scene:
    """The layers of a model, one after the other."""
    return chain(
        Station(", ".join(layer.paths), _seen(layer), _note(layer)) for layer in result.layers
    )


def _seen(layer: LayerResult) -> LayerFacts:
    """Facts of a call that was made; of a layer that was not called, no tensors."""
    return layer.facts if was_called(layer) else layer.measured or layer.facts


def was_called(layer: LayerResult) -> bool:
    """False for a layer of a model of which no call was seen: its shapes are only an example."""
    return layer.measured is None or bool(layer.measured.tensors)


def _note(layer: LayerResult) -> str:
    if layer.unknown is not None:
        return ""
    if not was_called(layer):
        return (layer.incomplete or "not called").partition(":")[0]
    return f"{layer.calls} calls of these shapes" if layer.calls > 1 else ""


def _finding(finding: Finding) -> Iterator[str]:
    yield from textwrap.wrap(str(finding), _COLUMNS)
    if finding.fix:
        yield from textwrap.wrap(f"fix: {finding.fix}", _COLUMNS, subsequent_indent="     ")
