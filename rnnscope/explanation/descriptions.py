"""The words: what a name means, which pieces it has, and the questions that people ask about it."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.axes import shape_text
from rnnscope.explanation.model import Note, Piece
from rnnscope.explanation.resolve_name import Topic
from rnnscope.facts import ParameterFact

_MEANINGS = {
    "": "one time step of one layer, gate by gate",
    "input": "what the layer reads: one row of features for each sample and step",
    "output": "what the last layer says after every step",
    "h_0": "the hidden state of every layer and direction before the first step",
    "c_0": "the cell state of every layer and direction before the first step",
    "h_n": "the hidden state of every layer and direction after its last step",
    "c_n": "the cell state of every layer and direction after its last step; never in output",
    "h_1": "the hidden state of each sample after this one step",
    "c_1": "the cell state of each sample after this one step",
    "weight_ih": "what the gates make of the input: the W_i blocks of all gates, stacked",
    "weight_hh": "what the gates make of the state before: the W_h blocks of all gates, stacked",
    "bias_ih": "added to what the input says to each gate",
    "bias_hh": "added to what the state before says to each gate",
    "weight_hr": "makes h narrower: from hidden_size to proj_size, after the gates",
}
# The plain RNN has no gates: its four have one block each.
_UNGATED_MEANINGS = {
    "weight_ih": "what the new hidden state takes from the input",
    "weight_hh": "what the new hidden state takes from the state before",
    "bias_ih": "added to what comes from the input",
    "bias_hh": "added to what comes from the state before",
}
_CELL_MEANINGS = {
    "h_0": "the hidden state of each sample before this step",
    "c_0": "the cell state of each sample before this step",
}


def meaning(topic: Topic) -> str:
    """What it is, in a phrase without a stop."""
    config, call = topic.facts.config, topic.facts.call
    if config.single_step and topic.stem in _CELL_MEANINGS:
        return _CELL_MEANINGS[topic.stem]
    if config.gate_multiple == 1 and topic.stem in _UNGATED_MEANINGS:
        return _UNGATED_MEANINGS[topic.stem]
    if call.packed and topic.stem == "input":
        return "what the layer reads: one row for each real step, no padding"
    if call.packed and topic.stem in ("h_n", "c_n"):
        return _MEANINGS[topic.stem].replace("its last step", "the last real step of each sample")
    return _MEANINGS[topic.stem]


def pieces(topic: Topic) -> tuple[Piece, ...]:
    """The gates of a weight, the slots of a state, the halves of an output."""
    if isinstance(topic.fact, ParameterFact):
        return tuple(
            Piece(
                f"[{rows.start}:{rows.stop}]", f"{rows.block}  {rows.gate.name}", rows.gate.letter
            )
            for rows in topic.fact.rows
        )
    if topic.stem in ("h_0", "c_0", "h_n", "c_n"):
        return tuple(_slots(topic))
    if topic.stem == "output" and topic.facts.config.bidirectional:
        return tuple(_halves(topic))
    return ()


def _slots(topic: Topic) -> Iterator[Piece]:
    count = len(topic.facts.slots)
    for slot in topic.facts.slots:
        last = slot.layer == topic.facts.config.num_layers - 1 and count > 1
        same = f", the same as [{slot.index - count}]" if last else ""
        yield Piece(f"[{slot.index}]", f"layer {slot.layer} {slot.direction}{same}")


def _halves(topic: Topic) -> Iterator[Piece]:
    config = topic.facts.config
    below = "" if config.num_layers == 1 else " of the layer below"
    width = config.output_size
    yield Piece(f"[..., :{width}]", f"forward: at step t it has read steps 0 to t{below}")
    last = "the sample's last step" if topic.facts.call.packed else str(_last_step(topic))
    yield Piece(
        f"[..., {width}:]",
        f"backward: at step t it has read the steps from {last} down to t{below}",
    )


def notes(topic: Topic) -> tuple[Note, ...]:
    """Questions and answers; only those that this layer gives rise to."""
    return tuple(note for teller in _NOTES.get(topic.stem, ()) for note in teller(topic))


def _why_so_many_rows(topic: Topic) -> Iterator[Note]:
    config = topic.facts.config
    letters = ", ".join(gate.letter for gate in config.cell.gates)
    rows = config.gate_multiple * config.hidden_size
    if config.gate_multiple > 1:
        yield Note(
            f"Why {rows} rows and not {config.hidden_size}?",
            f"The gate_size multiple of {config.cell.name} is {config.gate_multiple}: it has the "
            f"gates {letters}, each with hidden_size={config.hidden_size} rows of its own, stacked "
            f"in this order so that one product serves all of them.",
        )


def _why_these_columns(topic: Topic) -> Iterator[Note]:
    config = topic.facts.config
    if topic.layer == 0:
        return
    columns = config.input_size_of(topic.layer)
    if config.bidirectional:
        yield Note(
            f"Why {columns} columns and not {config.input_size}?",
            f"Layer {topic.layer} does not read the input but the output of layer "
            f"{topic.layer - 1}, and that has both directions side by side: "
            f"D*H_out = 2 x {config.output_size} = {columns}.",
        )
    else:
        yield Note(
            f"Why {columns} columns and not {config.input_size}?",
            f"Layer {topic.layer} reads the output of layer {topic.layer - 1}, H_out = {columns}.",
        )


def _why_two_biases(topic: Topic) -> Iterator[Note]:
    if "r_t *" in "".join(topic.facts.config.cell.equations):
        answer = (
            "For r and z one would do, b_ih + b_hh. For n it would not: r_t multiplies "
            "W_hn h + b_hn and leaves b_in alone."
        )
    else:
        answer = (
            "One would do: only the sum b_ih + b_hh counts. The second is there because cuDNN's "
            "layout of the weights has two."
        )
    yield Note("Why are there two biases?", answer)


def _why_batch_second(topic: Topic) -> Iterator[Note]:
    config, call = topic.facts.config, topic.facts.call
    if topic.axes is None or config.single_step or not call.batched:
        return
    if config.batch_first:
        yield Note(
            "Why is the batch not first, with batch_first=True?",
            "batch_first moves the batch of input and output only. A state has one "
            f"{shape_text(topic.axes.shape[1:])} block for each layer and direction, in every "
            "layout.",
        )


def _why_widths_differ(topic: Topic) -> Iterator[Note]:
    config = topic.facts.config
    if config.proj_size:
        yield Note(
            "Why do h and c differ in width?",
            f"proj_size={config.proj_size} projects h only: h_t = W_hr (o_t * tanh(c_t)). c stays "
            f"inside the cell, with hidden_size={config.hidden_size}.",
        )


def _what_if_left_out(topic: Topic) -> Iterator[Note]:
    if not topic.facts.call.states_given:
        yield Note("And if it is left out?", "torch takes zeros, in every call anew.")


def _who_has_read_what(topic: Topic) -> Iterator[Note]:
    config, call = topic.facts.config, topic.facts.call
    if call.packed:
        yield Note(
            "Where is the last step of each sample?",
            "Not in one row: the samples end at different steps. h_n has collected them.",
        )
        return
    if not config.bidirectional:
        return
    answer = (
        f"Column {config.output_size} and above go backward: at the last step, t="
        f"{_last_step(topic)}, that half has only begun. Its end is at t=0, and in h_n."
    )
    if config.num_layers > 1:
        answer += " (Through the layers below, which go both ways, it knows of the other steps.)"
    yield Note("Is the last step the summary of the sequence?", answer)


def _what_c_is_for(topic: Topic) -> Iterator[Note]:
    yield Note(
        "What is c for?",
        "It is the memory: a step keeps f_t of it and adds i_t * g_t, nothing else touches it, so "
        "what was read long ago survives, and gradients with it. h_t = o_t * tanh(c_t) is the part "
        "that the next step and the next layer see.",
    )


def _how_backward_goes(topic: Topic) -> Iterator[Note]:
    last = "each sample's last step" if topic.facts.call.packed else f"t={_last_step(topic)}"
    if topic.direction == "backward":
        yield Note(
            "What does _reverse do?",
            f"It reads the same sequence from its end: its first step is {last}, its last t=0, and "
            "the state before step t is that of t+1.",
        )


def _why_last_real_step(topic: Topic) -> Iterator[Note]:
    call = topic.facts.call
    if call.packed:
        yield Note(
            "Why is it the last real step?",
            f"Packed, step t computes only the samples that are still running: "
            f"{', '.join(map(str, call.batch_sizes))} of them at each step. A sample that has "
            "ended keeps its state, and padding never reaches it.",
        )


def _how_to_read_the_layout(topic: Topic) -> Iterator[Note]:
    config, call = topic.facts.config, topic.facts.call
    if call.packed or not call.batched or config.single_step:
        return
    other = "(L, N, H_in)" if config.batch_first else "(N, L, H_in)"
    yield Note(
        f"And if mine is {other}?",
        f"Pass batch_first={not config.batch_first}, or x.transpose(0, 1). Never view or reshape: "
        "they keep the shape right and mix the samples.",
    )


_STATE = (_why_batch_second, _why_last_real_step, _why_widths_differ)
_NOTES = {
    "input": (_how_to_read_the_layout,),
    "output": (_who_has_read_what,),
    "h_0": (_what_if_left_out, _why_batch_second, _why_widths_differ),
    "c_0": (_what_c_is_for, _what_if_left_out, _why_batch_second, _why_widths_differ),
    "h_n": _STATE,
    "c_n": (_what_c_is_for, *_STATE),
    "c_1": (_what_c_is_for,),
    "weight_ih": (_how_backward_goes, _why_so_many_rows, _why_these_columns),
    "weight_hh": (_how_backward_goes, _why_so_many_rows),
    "bias_ih": (_why_so_many_rows, _why_two_biases),
    "bias_hh": (_why_so_many_rows, _why_two_biases),
    "weight_hr": (_why_widths_differ,),
}


def _last_step(topic: Topic) -> int:
    return topic.facts.call.seq_len - 1
