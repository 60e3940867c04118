"""One row for each sample, as a classifier wants it: the right ways, and two wrong ones."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.explanation.expressions import Code
from rnnscope.explanation.model import Claim, Recipe
from rnnscope.explanation.resolve_name import Topic


def recipes_of(topic: Topic) -> tuple[Recipe, ...]:
    """The right recipes first; none for a cell, whose state is one row for each sample already."""
    code = Code(topic.facts.config, topic.facts.call)
    if topic.stem not in ("output", "h_n") or code.config.single_step or not code.call.batch:
        return ()
    return (*_right(code), *list(_wrong(code))[:2])


def _right(code: Code) -> Iterator[Recipe]:
    if code.config.bidirectional:
        forward, backward = (
            code.at("output", step, half)
            for step, half in zip(("-1", "0"), code.halves, strict=True)
        )
        ends = Claim(
            "torch.cat([h_n[-2], h_n[-1]], dim=-1)", f"torch.cat([{forward}, {backward}], dim=-1)"
        )
        words = "the last layer in both directions, each after all of its steps"
        yield Recipe(ends.left, True, words, None if code.call.packed else ends)
        return
    words = "the last layer after the last step"
    if code.call.packed:
        yield Recipe("h_n[-1]", True, f"{words} of each sample, whatever its length")
        return
    yield Recipe("h_n[-1]", True, words)
    last = Claim(code.at("output", "-1"), f"h_n[{code.config.num_layers - 1}]")
    yield Recipe(last.left, True, "the same, as long as no sequence is padded", last)


def _wrong(code: Code) -> Iterator[Recipe]:
    if code.call.packed:
        yield from _wrong_packed(code)
    elif code.config.bidirectional:
        yield _last_step_of_both(code)
    elif code.call.batched:
        yield _last_sample(code)
    if code.config.bidirectional and code.call.batched and code.call.batch > 1:
        yield _mixed_samples(code)
    elif not code.config.bidirectional and code.config.num_layers > 1:
        yield _first_layer(code)
    elif not code.config.bidirectional and code.call.batched and not code.call.packed:
        yield _last_sample_of_state(code)


def _last_step_of_both(code: Code) -> Recipe:
    forward, backward = code.halves
    last = code.at("output", "-1")
    top = code.config.directions * (code.config.num_layers - 1)
    claim = Claim(code.at("output", "-1", forward), f"h_n[{top}]")
    if code.config.num_layers == 1:
        alone = f"{code.run(code.at('input', '-1:'))}[0]"
        claim = Claim(code.at(alone, "0", backward), code.at("output", "-1", backward))
    step = code.call.seq_len - 1
    words = (
        f"columns {forward} are right; columns {backward}, read from the end, have taken one "
        f"step only, t={step}"
    )
    return Recipe(last, False, words, claim)


def _mixed_samples(code: Code) -> Recipe:
    folded = f"h_n[-2:].reshape({code.call.batch}, -1)"
    mixed = Claim(f"{folded}[0]", "torch.cat([h_n[-2, 0], h_n[-2, 1]])")
    words = "row 0 holds the forward states of samples 0 and 1: the batch axis is second"
    return Recipe(folded, False, words, mixed)


def _last_sample(code: Code) -> Recipe:
    taken = "output[-1]" if code.config.batch_first else "output[:, -1]"
    alone = f"{code.run(code.samples('input', '-1:'), states='[:, -1:]')}[0]"
    claim = Claim(taken, code.samples(alone, "0"))
    which = "first" if code.config.batch_first else "second"
    words = f"every step of the last sample: the batch axis of output is {which}"
    return Recipe(taken, False, words, claim)


def _last_sample_of_state(code: Code) -> Recipe:
    alone = code.run(code.samples("input", "-1:"), states="[:, -1:]")
    claim = Claim("h_n[:, -1]", f"{code.after(alone)}[:, 0]")
    return Recipe("h_n[:, -1]", False, "the last sample alone: h_n has its batch second", claim)


def _first_layer(code: Code) -> Recipe:
    alone = code.after(code.run(states="[:1]", layer="first_layers(1)"))
    words = "the first layer, below all others: the last layer is h_n[-1]"
    return Recipe("h_n[0]", False, words, Claim("h_n[0]", f"{alone}[0]"))


def _wrong_packed(code: Code) -> Iterator[Recipe]:
    lengths = code.call.lengths or ()
    longest = max(lengths)
    short = next((sample for sample, length in enumerate(lengths) if length < longest), None)
    if short is None:
        return
    last = "padded[:, -1]" if code.config.batch_first else "padded[-1]"
    zero = Claim(f"{code.one_of_padded(short, -1)}.abs().max()", "0")
    words = f"padding: zeros for sample {short}, which has {lengths[short]} of {longest} steps"
    yield Recipe(last, False, words, zero)
