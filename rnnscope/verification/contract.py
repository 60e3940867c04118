"""The contract: results of the documented shapes, in the documented layout."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rnnscope.axes import Axes
from rnnscope.config import RNNConfig
from rnnscope.subjects.comparison import Difference
from rnnscope.verification.calling_convention import Attempt, Settled
from rnnscope.verification.conventions import Style
from rnnscope.verification.layouts import BATCH_FIRST, FLAT, LISTED, STACKED
from rnnscope.verification.probe import Probe

SHAPE = "documented-shape"


def documented(name: str, probe: Probe) -> str:
    """A result's documented shape, as symbols and as numbers."""
    config = probe.config
    values = {**config.sizes(), "N": probe.batch, "L": probe.seq_len}
    symbols = {
        "output": "L N D*H_out",
        "h_n": "D*num_layers N H_out",
        "c_n": "D*num_layers N H_cell",
    }
    return str(Axes.of(symbols[name], values))


def unread(settled: Settled, probe: Probe) -> Difference:
    """Why no way of calling gave anything that could be read."""
    for convention, misread in settled.misreads:
        if convention.style is Style.TOKEN and misread.first and misread.first[0] == probe.layers:
            return Difference(
                "state-broadcast",
                f"for one token (1, N, H_in) = (1, {probe.batch}, {probe.config.input_size}) the "
                f"output is {misread.first}: a state (D*num_layers, N, H) = "
                f"{tuple(probe.h_0.shape)} is broadcast against the input's time axis of length 1, "
                "as if its layers were steps",
                "use one slot of the state for each layer: h[k] with layer k",
            )
    if settled.misreads:
        convention, misread = settled.misreads[0]
        return Difference(
            SHAPE,
            f"for an input {convention.style} it returns {misread.shapes}; torch returns output "
            f"{documented('output', probe)} and h_n {documented('h_n', probe)}",
            "return (output, h_n), or (output, (h_n, c_n)) for an LSTM",
        )
    return Difference(
        "call-raises",
        f"every way of calling it raises; the first: {settled.error or 'nothing to call'}",
        "make it run on input (L, N, H_in) or (N, L, H_in), with states "
        f"{tuple(probe.h_0.shape)} given or left out",
    )


def differences(
    attempt: Attempt, probe: Probe, like: RNNConfig, obeys: bool | None
) -> Iterator[Difference]:
    """Every mismatch between what came back and what is documented.

    ``obeys`` is the batch_first that the layer was told, None when it was told nothing.
    """
    yield from _layout(attempt, like, obeys)
    yield from _results(attempt, probe)
    yield from _states(attempt, probe)


def _layout(attempt: Attempt, like: RNNConfig, obeys: bool | None) -> Iterator[Difference]:
    style, form = attempt.convention.style, attempt.reading.output_form
    if not style.sequence:
        return
    batch_first = style is Style.BATCH_FIRST
    if form is not None and (form == "batch first") != batch_first:
        yield Difference(
            SHAPE,
            f"for an input {style} the output comes {form}: the batch and the time axis have "
            "changed places",
            "turn the output back with transpose(0, 1), in every layer that turned it",
        )
    elif obeys is not None and obeys != batch_first:
        yield Difference(
            SHAPE,
            f"batch_first={obeys} is given, and it reads its input as {style}",
            "transpose the input when batch_first is True",
        )
    elif like.batch_first != batch_first and obeys is None and not like.single_step:
        wanted = "(N, L, H_in)" if like.batch_first else "(L, N, H_in)"
        yield Difference(
            SHAPE, f"it reads its input as {style}; {like} reads {wanted}", convention=True
        )


def _results(attempt: Attempt, probe: Probe) -> Iterator[Difference]:
    outcome, style = attempt.reading.outcome, attempt.convention.style
    if attempt.reading.unread == f"({', '.join([str(tuple(probe.h_0.shape))] * 2)})":
        yield Difference(
            SHAPE,
            f"it returns two states, as an LSTM does; a {probe.config.kind} has one, h_n",
            'verify it with --like "LSTM(...)"',
        )
        return
    if attempt.reading.unread:
        yield Difference(
            SHAPE,
            f"where h_n should be it returns {attempt.reading.unread}; "
            f"torch's h_n is {documented('h_n', probe)}, one slot for each layer and direction",
            "keep the last state of every layer and stack them: torch.stack(states)",
        )
        return
    missing = [
        name
        for name in ("output", "h_n", *(["c_n"] if probe.c_0 is not None else []))
        if name not in outcome.tensors()
    ]
    if missing and style is not Style.UNBATCHED:
        yield Difference(
            SHAPE,
            f"it does not return {' and '.join(missing)}; torch returns "
            + ", ".join(f"{name} {documented(name, probe)}" for name in missing),
            convention=True,
        )


_FORMS = {
    FLAT: "(N, H), without the axis of layers",
    LISTED: "a list of (N, H), one for each layer",
}


def _states(attempt: Attempt, probe: Probe) -> Iterator[Difference]:
    taken: Any = attempt.convention.passing.form if attempt.convention.passing else STACKED
    for name, form in (("h_0 is taken", taken), ("h_n comes", attempt.reading.state_form)):
        if form == BATCH_FIRST:
            yield Difference(
                SHAPE,
                f"{name} batch first, (N, D*num_layers, H) = "
                f"({probe.batch}, {probe.layers}, {probe.config.output_size}); torch's states are "
                f"{documented('h_n', probe)} whatever batch_first is",
                "stack the states of the layers on axis 0",
            )
        elif form in _FORMS and attempt.convention.style.sequence:
            yield Difference(SHAPE, f"{name} as {_FORMS[form]}", convention=True)
