"""What a student asks about that is no single tensor: a gate, a family, an option, a symbol."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rnnscope.axes import shape_text
from rnnscope.cells import Gate
from rnnscope.config import RNNConfig
from rnnscope.explanation.model import Note, Table
from rnnscope.facts import LayerFacts, ParameterFact, TensorFact
from rnnscope.prediction import predict

Fact = TensorFact | ParameterFact
# Past this many members a family is shown by those of its first and its last layer.
_MOST_MEMBERS = 12


@dataclass(frozen=True, slots=True)
class Theme:
    """What is told of it: a phrase, a table, questions; the gates whose lines belong to it.

    ``claimed`` is the name of the tensor whose claims prove it, "" for those of a whole step.
    """

    name: str
    meaning: str
    table: Table
    notes: tuple[Note, ...] = ()
    gates: str = ""
    claimed: str = ""


def theme(facts: LayerFacts, typed: str, layer: int | None = None) -> Theme | None:
    """The theme of this name, however it is spelled; None when it is none of this layer's.

    One letter is a symbol or a gate by its case: N is the batch size, n a gate of the GRU.
    """
    name = typed.strip().replace("-", "_")
    folded = " ".join(name.casefold().replace("_", " ").split())
    symbol = _SPELLED.get(folded, name)
    if symbol in _SYMBOLS:
        return _symbol(facts, symbol)
    if folded.removesuffix("s") == "gate":
        return _all_gates(facts)
    for gate in facts.config.cell.gates if facts.config.gate_multiple > 1 else ():
        short = gate.name.removesuffix(" gate").rpartition(" ")[2]
        if folded in (gate.letter, gate.name, short, f"{gate.letter} gate"):
            return _one_gate(facts, gate, layer or 0)
    if folded.replace(" ", "_") in _OPTIONS:
        return _option(facts, folded.replace(" ", "_"))
    return _family(facts, folded)


def _all_gates(facts: LayerFacts) -> Theme:
    cell, size = facts.config.cell, facts.config.hidden_size
    if cell.gate_multiple == 1:
        words = f"a plain RNN has none: its weights have hidden_size={size} rows, one block"
        return Theme("gates", words, Table())
    first = next(p for p in facts.parameters if p.rows)
    rows = tuple(
        (gate.letter, gate.name, f"[{r.start}:{r.stop}]", gate.activation, _DOES[gate.name])
        for gate, r in zip(cell.gates, first.rows, strict=True)
    )
    words = f"{cell.name} has {cell.gate_multiple}: each has {size} rows in every weight and bias"
    head = ("", "gate", "rows", "activation", "what it does")
    return Theme("gates", words, Table(head, rows), gates="".join(g.letter for g in cell.gates))


def _one_gate(facts: LayerFacts, gate: Gate, layer: int) -> Theme:
    rows = tuple(
        (p.name, f"[{r.start}:{r.stop}]", r.block, shape_text((r.stop - r.start, *p.shape[1:])))
        for p in facts.parameters
        if p.layer == layer
        for r in p.rows
        if r.gate == gate
    )
    words = f"{gate.name}, {gate.activation}: {_DOES[gate.name]}"
    head = ("parameter", "rows", "block", "shape")
    return Theme(gate.letter, words, Table(head, rows), gates=gate.letter)


_DOES = {
    "input gate": "how much of the candidate g goes into c",
    "forget gate": "how much of the c before is kept",
    "cell candidate": "what may be added to c",
    "output gate": "how much of tanh(c) is shown as h",
    "reset gate": "how much of the h before the candidate n sees",
    "update gate": "how much of the h before is kept, and 1 - z of n is taken",
    "new candidate": "what h may become",
}


# family -> what it is called, how its names begin, a phrase, and the name whose claims prove it
_FAMILIES: dict[str, tuple[str, tuple[str, ...], str, str]] = {
    "bias": ("bias", ("bias_",), "added to every gate: one for the input, one for h", "bias_hh"),
    "weight": ("weight", ("weight_",), "what the gates make of the input and of h", "weight_ih"),
    "weight ih": ("weight_ih", ("weight_ih",), "the weights of the input, W_i", "weight_ih"),
    "weight hh": ("weight_hh", ("weight_hh",), "the weights of h, W_h", "weight_hh"),
    "weight hr": ("weight_hr", ("weight_hr",), "makes h narrower", "weight_hr"),
    "bias ih": ("bias_ih", ("bias_ih",), "added to what the input says", "bias_hh"),
    "bias hh": ("bias_hh", ("bias_hh",), "added to what h says", "bias_hh"),
    "hidden": ("h", ("h_",), "the hidden state: what a step tells the next step and layer", "h_n"),
    "cell": (
        "c",
        ("c_",),
        "the cell state: an LSTM's memory, which stays in its layer",
        "c_n",
    ),
    "state": ("states", ("h_", "c_"), "what a step hands to the next one", "h_n"),
}
_SPELLED_FAMILIES = {"h": "hidden", "c": "cell"}


def _family(facts: LayerFacts, folded: str) -> Theme | None:
    stems = [folded.removesuffix(ending) for ending in ("", "s", "es", " state", " states")]
    stem = next((s for s in (_SPELLED_FAMILIES.get(s, s) for s in stems) if s in _FAMILIES), None)
    if stem is None:
        return None
    name, beginnings, words, claimed = _FAMILIES[stem]
    members = [fact for fact in _all_of(facts) if fact.name.startswith(beginnings)]
    if not members:
        return None
    if len(members) > _MOST_MEMBERS:
        members = [*members[: _MOST_MEMBERS // 2], *members[-_MOST_MEMBERS // 2 :]]
    if facts.config.single_step and claimed in ("h_n", "c_n"):
        claimed = claimed.replace("n", "1")
    return Theme(name, words, _members(members), claimed=claimed)


def _all_of(facts: LayerFacts) -> list[Fact]:
    return [*facts.tensors, *facts.parameters]


def _members(members: list[Fact]) -> Table:
    rows = tuple((m.name, m.axes.symbols, shape_text(m.shape)) for m in members)
    return Table(("name", "symbols", "shape"), rows)


# option -> its value when off, its value when on, and a phrase
_OPTIONS: dict[str, tuple[object, Callable[[RNNConfig], object], str]] = {
    "batch_first": (
        False,
        lambda c: True,
        "where the batch is in input and output; states never change",
    ),
    "bidirectional": (False, lambda c: True, "a second direction reads from the end; D = 2"),
    "num_layers": (1, lambda c: max(2, c.num_layers), "layers on top of each other"),
    "proj_size": (
        0,
        lambda c: c.proj_size or max(1, c.hidden_size // 2),
        "makes h narrower than c: H_out = proj_size",
    ),
    "dropout": (0.0, lambda c: c.dropout or 0.5, "zeroes outputs between the layers, in training"),
}


def _option(facts: LayerFacts, option: str) -> Theme:
    """The shapes without and with it, side by side; of parameters only those that differ."""
    off, on, words = _OPTIONS[option]
    values = (off, on(facts.config))
    sides = [predict(_with(facts.config, option, value), facts.call) for value in values]
    named = [{fact.name: fact for fact in _all_of(side)} for side in sides]
    rows = tuple(
        (name, *shapes)
        for name in dict.fromkeys([*named[0], *named[1]])
        if (shapes := _side_by_side(name, named))[1] != "the same" or sides[1].tensor(name)
    )
    if len(rows) > 2 * _MOST_MEMBERS:
        rows = rows[: 2 * _MOST_MEMBERS]
    head = ("", *(f"{option}={value}" for value in values))
    claimed = "input" if option == "batch_first" else "h_n"
    return Theme(option, words, Table(head, rows), tuple(_about(option)), claimed=claimed)


def _with(config: RNNConfig, option: str, value: object) -> RNNConfig:
    if option == "num_layers" and value == 1:
        config = config.with_options(dropout=0.0)
    return config.with_options(**{option: value})


def _side_by_side(name: str, sides: list[dict[str, Fact]]) -> tuple[str, ...]:
    """Symbols and numbers of one name on both sides."""
    found = [side.get(name) for side in sides]
    left, right = (f"{f.axes.symbols} = {shape_text(f.shape)}" if f else "none" for f in found)
    if found[0] and found[1] and found[0].axes.symbols == found[1].axes.symbols:
        right = f"= {shape_text(found[1].shape)}"
        return left, "the same" if left.endswith(right) else right
    return left, right


def _about(option: str) -> Iterator[Note]:
    if option == "batch_first":
        yield Note(
            "Which one is mine?",
            "A DataLoader gives (N, L, H_in): batch_first=True. A shape that fits both is never "
            "refused, so a wrong batch_first trains without an error.",
        )
    if option == "dropout":
        yield Note(
            "Why does it nothing with one layer?",
            "It acts between layers only, and never after the last one: put nn.Dropout there.",
        )


_SYMBOLS = {
    "N": "the batch size: how many sequences are computed side by side",
    "L": "the sequence length: how many steps each sequence has",
    "D": "the number of directions: 2 if bidirectional, else 1",
    "H_in": "input_size: how many features a step of the input has",
    "H_cell": "hidden_size: the width of c, and of a gate",
    "H_out": "the width of h: proj_size if there is one, else hidden_size",
}
_SPELLED = {
    "batch": "N", "batch size": "N", "sequence length": "L", "seq len": "L", "length": "L",
    "time": "L", "directions": "D", "input size": "H_in", "h in": "H_in", "features": "H_in",
    "hidden size": "H_cell", "h cell": "H_cell", "h out": "H_out", "output size": "H_out",
}  # fmt: skip


def _symbol(facts: LayerFacts, symbol: str) -> Theme:
    """Its value in this call, if it has any, and everything that has it in its shape."""
    call = {"N": facts.call.batch, "L": facts.call.seq_len}
    value: object = {**facts.config.sizes(), **call}[symbol]
    having = [
        fact
        for fact in _all_of(facts)
        if any(symbol in axis.size.symbol.split("*") for axis in fact.axes)
    ]
    if symbol in call and not having:
        value = "none"
    words = f"{value} here, {_SYMBOLS[symbol]}"
    return Theme(symbol, words, _members(having[:_MOST_MEMBERS]), claimed="input")
