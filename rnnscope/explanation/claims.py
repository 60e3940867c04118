"""What is claimed of a tensor or parameter: pairs of expressions that must be equal."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rnnscope.explanation.expressions import Code
from rnnscope.explanation.model import Claim
from rnnscope.explanation.resolve_name import Topic

# Enough samples to see the pattern; more would fill the screen.
_SHOWN_SAMPLES = 3
_MOST_STEPS = 5_000  # of all layers and directions: more take seconds, gate by gate


def claims_of(topic: Topic) -> tuple[Claim, ...]:
    """The claims about a name; without one, that the lines of the cell give what torch gives."""
    code = Code(topic.facts.config, topic.facts.call)
    return tuple(CLAIMS[topic.stem](topic, code)) if topic.stem in CLAIMS else ()


def _of_a_step(topic: Topic, code: Code) -> Iterator[Claim]:
    """Said line by line, a step takes a thousand times longer than in torch: not without end."""
    if code.call.seq_len * code.config.num_layers * code.config.directions > _MOST_STEPS:
        return
    shows = "computed gate by gate, the lines of the cell give what torch gives"
    yield Claim(code.run(layer="gate_by_gate"), code.run(), shows)


def _of_output(topic: Topic, code: Code) -> Iterator[Claim]:
    yield from _output_meets_h_n(code)
    if code.call.packed:
        return
    if not code.config.bidirectional:
        yield _nothing_from_the_future(code)
    elif code.config.num_layers == 1:
        shows = "each half begins there: that one step alone gives the same"
        for half, step, rows in zip(code.halves, ("0", "-1"), (":1", "-1:"), strict=True):
            alone = f"{code.run(code.at('input', rows))}[0]"
            yield Claim(code.at(alone, "0", half), code.at("output", step, half), shows)
    yield from _samples_are_apart(code)


def _of_h_n(topic: Topic, code: Code) -> Iterator[Claim]:
    yield from _output_meets_h_n(code)
    yield from _of_final_state(topic, code)


def _of_final_state(topic: Topic, code: Code) -> Iterator[Claim]:
    letter = topic.stem[0]
    if code.call.packed:
        yield from _samples_alone(code, letter)
    if code.config.num_layers > 1:
        slots = f":{code.config.directions}"
        alone = code.run(states=f"[{slots}]", layer="first_layers(1)")
        shows = "the first slots are those of the first layer"
        yield Claim(code.after(alone, letter), f"{letter}_n[{slots}]", shows)
    yield from _layout_leaves_states(code, letter)
    if letter == "c":
        yield from _states_carry_on(code, letter)


def _of_first_state(topic: Topic, code: Code) -> Iterator[Claim]:
    letter = topic.stem[0]
    if not code.call.states_given:
        zeros = [f"torch.zeros_like({name}_0)" for name in code.config.cell.states]
        states = f"({', '.join(zeros)})" if code.lstm else zeros[0]
        yield Claim("rnn(input)", f"rnn(input, {states})", "left out, the states are zeros")
    if code.config.proj_size:
        column = {"h": 0, "c": 1}[letter]
        shows = f"weight_hr goes from c's width to h's: {letter} has that of its axis {column}"
        yield Claim(f"{letter}_0.shape[-1]", f"rnn.weight_hr_l0.shape[{column}]", shows)
    yield from _states_carry_on(code, letter)


def _of_input(topic: Topic, code: Code) -> Iterator[Claim]:
    yield from _samples_are_apart(code)
    if code.config.single_step or code.call.packed:
        return
    if code.config.batch_first and code.call.batched:
        turned = code.run("input.transpose(0, 1)", layer="seq_first")
        yield Claim(f"{turned}[0].transpose(0, 1)", "output", "batch_first only turns two axes")
    if not code.config.bidirectional:
        yield _nothing_from_the_future(code)


def _of_cell_state(topic: Topic, code: Code) -> Iterator[Claim]:
    yield from _samples_are_apart(code, topic.stem[0])


def _of_weight_ih(topic: Topic, code: Code) -> Iterator[Claim]:
    yield from _of_a_step(topic, code)
    read = "input"
    if topic.layer:
        states = f"[:{code.config.directions * topic.layer}]"
        read = f"{code.run(states=states, layer=f'first_layers({topic.layer})')}[0]"
    data = ".data" if code.call.packed else ""
    shows = "one column for each feature that the layer reads"
    yield Claim(f"rnn.{topic.name}.shape[1]", f"{read}{data}.shape[-1]", shows)


def _of_weight_hh(topic: Topic, code: Code) -> Iterator[Claim]:
    yield from _of_a_step(topic, code)
    yield Claim(f"rnn.{topic.name}.shape[1]", "h_0.shape[-1]", "one column for each feature of h")


def _of_bias(topic: Topic, code: Code) -> Iterator[Claim]:
    yield from _of_a_step(topic, code)
    yield Claim(
        code.run(layer="one_bias"), code.run(), "where the two are only added, one would do"
    )


def _of_weight_hr(topic: Topic, code: Code) -> Iterator[Claim]:
    yield from _of_a_step(topic, code)
    shows = "it reads c's width and makes h's"
    yield Claim(f"rnn.{topic.name}.shape", "(h_n.shape[-1], c_n.shape[-1])", shows)


def _output_meets_h_n(code: Code) -> Iterator[Claim]:
    """The last layer's final states are in the output: forward at its end, backward at t=0."""
    top = (code.config.num_layers - 1) * code.config.directions
    for direction, half in enumerate(code.halves):
        if not code.call.packed:
            step = "0" if direction else "-1"
            shows = "the final states of the last layer are in output"
            yield Claim(code.at("output", step, half), f"h_n[{top + direction}]", shows)
            continue
        for sample, length in list(enumerate(code.call.lengths or ()))[:_SHOWN_SAMPLES]:
            step_of_sample = 0 if direction else length - 1
            padded = code.one_of_padded(sample, step_of_sample, half)
            shows = "h_n holds the end of each sample, backward its first step"
            if not direction:
                shows = "h_n holds the end of each sample, its last real step"
            yield Claim(padded, f"h_n[{top + direction}, {sample}]", shows)


def _samples_alone(code: Code, letter: str) -> Iterator[Claim]:
    shows = "packed, a sample gets what it would get alone, without any padding"
    for sample in range(min(code.call.batch, _SHOWN_SAMPLES)):
        alone = code.run(f"sample({sample})", states=f"[:, {sample}]")
        yield Claim(code.after(alone, letter), f"{letter}_n[:, {sample}]", shows)


def _samples_are_apart(code: Code, letter: str = "h") -> Iterator[Claim]:
    """The first sample alone gives its own rows: which shows where the batch axis is."""
    if code.call.packed or not code.call.batched or not code.call.batch:
        return
    shows = "the samples do not see each other: the first alone gives its own rows"
    if code.config.single_step:
        alone = code.run("input[:1]", states="[:1]")
        yield Claim(code.after(alone, letter), f"{letter}_1[:1]", shows)
        return
    alone = f"{code.run(code.samples('input', ':1'), states='[:, :1]')}[0]"
    yield Claim(alone, code.samples("output", ":1"), shows)


def _nothing_from_the_future(code: Code) -> Claim:
    alone = f"{code.run(code.at('input', ':1'))}[0]"
    return Claim(alone, code.at("output", ":1"), "step 0 has read nothing but step 0")


def _layout_leaves_states(code: Code, letter: str) -> Iterator[Claim]:
    shows = "batch_first turns input and output, never the states"
    if code.config.batch_first and code.call.batched and not code.call.packed:
        turned = code.run("input.transpose(0, 1)", layer="seq_first")
        yield Claim(code.after(turned, letter), f"{letter}_n", shows)


def _states_carry_on(code: Code, letter: str) -> Iterator[Claim]:
    shows = "a sequence may go in two halves, the second from the states of the first"
    config, call = code.config, code.call
    if config.single_step or config.bidirectional or call.packed or call.seq_len < 2:
        return
    middle = call.seq_len // 2
    first = f"{code.run(code.at('input', f':{middle}'))}[1]"
    second = f"rnn({code.at('input', f'{middle}:')}, {first})"
    yield Claim(code.after(second, letter), f"{letter}_n", shows)


CLAIMS: dict[str, Callable[[Topic, Code], Iterator[Claim]]] = {
    "": _of_a_step,
    "input": _of_input,
    "output": _of_output,
    "h_0": _of_first_state,
    "c_0": _of_first_state,
    "h_n": _of_h_n,
    "c_n": _of_final_state,
    "h_1": _of_cell_state,
    "c_1": _of_cell_state,
    "weight_ih": _of_weight_ih,
    "weight_hh": _of_weight_hh,
    "bias_ih": _of_bias,
    "bias_hh": _of_bias,
    "weight_hr": _of_weight_hr,
}
