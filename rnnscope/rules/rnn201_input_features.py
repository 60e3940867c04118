"""RNN201: the last axis of the input is not input_size wide."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Related, Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import UNKNOWN, LayerCall
from rnnscope.subjects.state_shapes import sizes_text


@rule("RNN201", "input-features", Severity.ERROR, LayerCall)
def input_features(call: LayerCall) -> Iterator[Problem]:
    """The last axis of the input is not input_size wide.

    What it does
    ------------
    Compares the size of the last axis of the input with the layer's input_size, and looks for the
    axis that does have that size.

    Why is this bad?
    ----------------
    Every layout ends with the features: (L, N, H_in), (N, L, H_in) or (L, H_in). torch refuses
    another width, and does not say whether the axes are in the wrong order, a feature axis is
    missing, or the layer was built for other data.

    Example
    -------
    lstm = nn.LSTM(10, 20, batch_first=True)
    spectrogram = torch.randn(3, 10, 50)  # batch, features, time
    output, _ = lstm(spectrogram)  # RNN201

    Use instead
    -----------
    lstm = nn.LSTM(10, 20, batch_first=True)
    spectrogram = torch.randn(3, 10, 50)  # batch, features, time
    output, _ = lstm(spectrogram.transpose(1, 2))
    """
    given, wanted = call.input, call.config.input_size
    if given is None or not given.shape or wanted is None or given.shape[-1] == wanted:
        return
    if given.shape[-1] == UNKNOWN or given.ndim not in _possible(call):
        return
    # The rows of packed data are steps of all sequences: no other axis could hold the features.
    shape = given.shape[-1:] if given.type == "PackedSequence" else given.shape
    cause, fix = _cause(call, shape, wanted)
    built = None if wanted in shape[:-1] else call.built_at
    yield Problem(
        f"the last axis of input must be H_in = {wanted} (input_size), "
        f"got {given.shape[-1]}{_whole(given.shape)}: {cause}.",
        fix,
        location=built,
        related=_called(call) if built else (),
        values={"wanted": wanted, "got": given.shape[-1]},
    )


def _called(call: LayerCall) -> tuple[Related, ...]:
    return (Related(call.location, "called with this input here"),) if call.location else ()


def _possible(call: LayerCall) -> tuple[int, ...]:
    """How many axes an input may have; another number is the business of RNN208."""
    if call.input is not None and call.input.type == "PackedSequence":
        return (2,)
    return (1, 2) if call.config.single_step else (1, 2, 3)


def _whole(shape: tuple[int, ...]) -> str:
    return f" of {sizes_text(shape)}" if len(shape) > 1 and UNKNOWN not in shape else ""


def _cause(call: LayerCall, shape: tuple[int, ...], wanted: int) -> tuple[str, str]:
    got = shape[-1]
    if wanted in shape[:-1] and UNKNOWN not in shape:
        axis = shape.index(wanted)
        return (
            f"axis {axis} has that size, so the features are probably not last",
            f"input = input.transpose({axis}, {len(shape) - 1})",
        )
    if wanted == 1 and len(shape) > 1:
        return (
            "with one feature a step the input still needs an axis for it",
            "input = input.unsqueeze(-1)",
        )
    if got == 2 * wanted and not call.config.single_step:
        return (
            "twice as much is what a bidirectional layer below gives",
            f"build the layer with input_size={got}",
        )
    return (
        f"the layer was built for {wanted} features and the data has {got}",
        f"build the layer with input_size={got}, or give {wanted} features",
    )
