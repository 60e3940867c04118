"""The first lines about a layer: what it is, whether that is so, what batch_first does to it."""

from __future__ import annotations

from rich.text import Text

from rnnscope.formats.palette import BAD, GOOD
from rnnscope.formats.tables import origin
from rnnscope.results import LayerResult


def heading(layer: LayerResult) -> list[Text]:
    """What it is, and how it stands with it, a line each."""
    return [_headline(layer), *standing(layer)]


def standing(layer: LayerResult) -> list[Text]:
    """Whether prediction, torch and reference agree, and the layout of its tensors, a line each.

    Of a layer in a weights file, what the file tells.
    """
    if layer.unknown is not None:
        return [Text(line) for line in (*origin(layer).splitlines(), *layer.notes)]
    return [*_agreement(layer), _layout(layer)]


def _headline(layer: LayerResult) -> Text:
    config = layer.facts.config
    text = Text()
    if layer.paths:
        text.append(", ".join(layer.paths) + "  ", "bold magenta")
    text.append(str(config), "bold")
    place = f"on {config.device}, " if layer.unknown is None else ""
    text.append(f"  {place}{config.dtype}")
    if layer.calls > 1:
        text.append(f"  {layer.calls} calls of these shapes")
    return text


def _layout(layer: LayerResult) -> Text:
    config, call = layer.facts.config, layer.facts.call
    if config.single_step:
        return Text("One step of one layer: no time axis, no layer axis.")
    if call.packed:
        return Text("Packed: input and output hold real steps only; states are batch second.")
    if not call.batched:
        return Text("Unbatched: one sequence; no tensor has a batch axis.")
    layout = "(N, L, …)" if config.batch_first else "(L, N, …)"
    first = f"batch_first={config.batch_first}"
    return Text(f"{first}: input, output are {layout}; states always (layers, N, …)")


def _agreement(layer: LayerResult) -> list[Text]:
    """One line when prediction, torch and reference agree; else everything that there is to say."""
    if layer.measured is None:
        return [Text("Predicted by symbols; nothing was run.")]
    if layer.differences:
        lines = [
            f"{d.name} {d.field}: predicted {d.expected}, measured {d.actual}"
            for d in layer.differences
        ]
        return [Text(line, BAD) for line in ("DISAGREEMENT between prediction and torch:", *lines)]
    device, notes = layer.measured.config.device, [*layer.notes, layer.incomplete]
    if layer.reference_agrees and not any(notes):
        close = f"to {layer.reference:.1g}" if layer.reference else "exactly"
        return [Text(f"✓ measured on {device}, as predicted; reference agrees {close}", GOOD)]
    measured = "parameters and tensors" if layer.measured.tensors else "parameters"
    told = [Text(f"✓ measured on {device}: {measured} are as predicted", GOOD)]
    if layer.reference_agrees:
        told.append(Text(f"✓ reference agrees, max |difference| {layer.reference:.1g}", GOOD))
    elif layer.reference_agrees is False:
        words = f"max |difference| {layer.reference:.1g}, allowed {layer.tolerance:.0g}"
        told.append(Text(f"✗ the reference DISAGREES with torch: {words}", BAD))
    return told + [Text(note) for note in notes if note]
