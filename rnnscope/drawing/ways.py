"""The way of a tensor or parameter through a picture: the names that each edge and cell has."""

from __future__ import annotations

from rnnscope.drawing.network import Carry, Lane
from rnnscope.facts import LayerFacts, ParameterFact


def names_of_carry(facts: LayerFacts, carry: Carry) -> frozenset[str]:
    """A state before the first step is h_0 or c_0; from there on it is on its way to h_n or c_n."""
    first = carry.start is None
    names = {f"{carry.letter}_0" if first else f"{carry.letter}_{_final(facts)}"}
    if carry.letter == "h":
        names |= _starting(facts, carry.lane, "weight_hh") if carry.end is not None else set()
        names |= set() if first else _starting(facts, carry.lane, "weight_hr")
    return frozenset(names)


def names_of_entry(
    facts: LayerFacts, layer: int | None, lane: Lane | None = None
) -> frozenset[str]:
    """What goes up into a layer is read by its weight_ih, in both directions or in one lane's.

    Above the last layer, where ``layer`` is None, it is output.
    """
    if layer is None:
        return frozenset({"output"})
    own = [p for p in facts.parameters if p.layer == layer] if lane is None else []
    own += parameters_of(facts, lane) if lane is not None else []
    names = {p.name for p in own if p.name.startswith("weight_ih")}
    return frozenset(names | ({"input"} if layer == 0 else set()))


def names_of_cell(facts: LayerFacts, lane: Lane) -> frozenset[str]:
    """A cell belongs to its parameters and states, and at the ends to what enters or leaves."""
    names = {p.name for p in parameters_of(facts, lane)}
    names |= {f"{letter}_{_final(facts)}" for letter in facts.config.cell.states}
    names |= {"input"} if lane.layer == 0 else set()
    names |= {"output"} if lane.layer == facts.config.num_layers - 1 else set()
    return frozenset(names)


def parameters_of(facts: LayerFacts, lane: Lane) -> list[ParameterFact]:
    """The parameters of one layer in one direction."""
    return [p for p in facts.parameters if (p.layer, p.direction) == (lane.layer, lane.direction)]


def _starting(facts: LayerFacts, lane: Lane, stem: str) -> set[str]:
    return {p.name for p in parameters_of(facts, lane) if p.name.startswith(stem)}


def _final(facts: LayerFacts) -> str:
    return "1" if facts.config.single_step else "n"
