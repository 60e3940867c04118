"""The first lines about a layer: what it is, whether that is so, what batch_first does to it."""

from __future__ import annotations

from rich.text import Text

from rnnscope.formats.palette import BAD, GOOD
from rnnscope.formats.tables import origin
from rnnscope.results import LayerResult


def heading(layer: LayerResult) -> list[Text]:
    """What it is, whether prediction, torch and reference agree, and the layout of its tensors.

    Of a layer in a weights file, what the file tells.
    """
    if layer.unknown is not None:
        return [_headline(layer), *map(Text, (*origin(layer).splitlines(), *layer.notes))]
    return [_headline(layer), _verdict(layer) or _agreement(layer), _layout_line(layer)]


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


def _layout_line(layer: LayerResult) -> Text:
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


def _verdict(layer: LayerResult) -> Text | None:
    """Prediction, torch and reference in one line when all agree; else None: then all is said."""
    if not (layer.agrees and layer.reference_agrees) or layer.notes or layer.incomplete:
        return None
    device = layer.facts.config.device
    close = f"to {layer.reference:.1g}" if layer.reference else "exactly"
    return Text(f"✓ measured on {device}, as predicted; reference agrees {close}", GOOD)


def _agreement(layer: LayerResult) -> Text:
    if layer.measured is None:
        return Text("Predicted by symbols; nothing was run.")
    if layer.differences:
        lines = [
            f"{d.name} {d.field}: predicted {d.expected}, measured {d.actual}"
            for d in layer.differences
        ]
        words = "\n".join(["DISAGREEMENT between prediction and torch:", *lines])
        return Text(words, BAD)
    measured = "parameters and tensors" if layer.measured.tensors else "parameters"
    text = Text(f"✓ measured on {layer.measured.config.device}: {measured} are as predicted", GOOD)
    if layer.reference_agrees:
        text.append(f"\n✓ reference agrees, max |difference| {layer.reference:.1g}", GOOD)
    elif layer.reference_agrees is False:
        words = f"max |difference| {layer.reference:.1g}, allowed {layer.tolerance:.0g}"
        text.append(f"\n✗ the reference DISAGREES with torch: {words}", BAD)
    for note in (*layer.notes, layer.incomplete):
        text.append(f"\n{note}" if note else "")
    return text
