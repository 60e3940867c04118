"""What a person typed, as the name of a parameter or tensor; and the place it is about."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from rnnscope.axes import Axes
from rnnscope.errors import CallError, UnknownNameError
from rnnscope.facts import LayerFacts, ParameterFact, TensorFact

# Past this many the parameters are listed by pattern, or the message is a page long.
_MOST_NAMES = 40


@dataclass(frozen=True, slots=True)
class Topic:
    """What an explanation is about: a fact, or a whole step when ``fact`` is None."""

    facts: LayerFacts
    fact: ParameterFact | TensorFact | None
    time: int
    layer: int
    direction: str

    @property
    def name(self) -> str | None:
        return self.fact.name if self.fact else None

    @property
    def stem(self) -> str:
        """The name without its place: ``weight_ih`` of ``weight_ih_l1_reverse``; "" for a step."""
        if isinstance(self.fact, ParameterFact):
            return "_".join(self.fact.name.split("_")[:2])
        return self.fact.name if self.fact else ""

    @property
    def axes(self) -> Axes | None:
        return self.fact.axes if self.fact else None


def topic(facts: LayerFacts, name: str | None, time: int | None, layer: int | None) -> Topic:
    """Find the name and check the place. Raises UnknownNameError, CallError.

    Left out, the place is where the tensor is made: the last layer and step for what comes out.
    """
    fact = fact_named(facts, name) if name is not None else None
    config, call = facts.config, facts.call
    steps = 1 if config.single_step else max(call.lengths or (call.seq_len,))
    made_last = fact is not None and fact.name in ("output", "h_n", "c_n")
    direction = "forward"
    if isinstance(fact, ParameterFact):
        if layer not in (None, fact.layer):
            raise CallError(f"layer={layer} and {fact.name} disagree: leave out the layer.")
        layer, direction = fact.layer, fact.direction
    if time is None:  # backward begins at the end
        time = steps - 1 if made_last or direction == "backward" else 0
    _check_range("time", time, steps, "time step")
    if layer is None:
        layer = config.num_layers - 1 if made_last else 0
    _check_range("layer", layer, config.num_layers, "layer")
    return Topic(facts, fact, time, layer, direction)


def is_fact(facts: LayerFacts, name: str) -> bool:
    """True when the layer has a tensor or a parameter of this name, or of none other near it."""
    return _spelled(facts, name) in {fact.name for fact in _all_of(facts)}


def fact_named(facts: LayerFacts, name: str) -> ParameterFact | TensorFact:
    """The parameter or tensor of this name; h0, c0, hn, cn and hx will do. UnknownNameError."""
    known = {fact.name: fact for fact in _all_of(facts)}
    spelled = _spelled(facts, name)
    if spelled in known:
        return known[spelled]
    if absent := _absent(facts, spelled):
        raise UnknownNameError(f"{facts.config} has no {name!r}: {absent}.")
    close = get_close_matches(spelled, known, 1, 0.6)
    meant = f" Did you mean {close[0]}?" if close else ""
    raise UnknownNameError(
        f"{facts.config} has no {name!r}: choose one of {', '.join(_listed(facts))}; or a gate, "
        f"gates, bias, weight, hidden, states, batch_first, N, L.{meant}"
    )


def _spelled(facts: LayerFacts, name: str) -> str:
    known = {fact.name for fact in _all_of(facts)}
    spelled = name.partition("[")[0].strip().casefold()  # of output[-1] it is output that is told
    if spelled not in known and len(spelled) == 2:
        spelled = "h_0" if spelled == "hx" else f"{spelled[0]}_{spelled[1]}"
    short = [fact for fact in known if fact.startswith(f"{spelled}_l")]
    return short[0] if spelled.count("_") == 1 and len(short) == 1 else spelled


def _absent(facts: LayerFacts, name: str) -> str | None:
    """Why a name of torch's is none of this layer's: the option that it comes with."""
    config = facts.config
    if name.startswith("weight_hr") and not config.proj_size:
        return "only an LSTM with proj_size has it, as in LSTM(10, 20, proj_size=5)"
    if name.endswith("_reverse") and not config.bidirectional:
        return "only with bidirectional=True there is a second direction"
    if name.startswith("c_") and "c" not in config.cell.states:
        return "only an LSTM has a cell state"
    if name.startswith("bias_") and not config.bias:
        return "it was built with bias=False"
    if name in ("h_n", "c_n", "output") and config.single_step:
        return f"a cell returns {' and '.join(f'{s}_1' for s in config.cell.states)}"
    return None


def _all_of(facts: LayerFacts) -> list[ParameterFact | TensorFact]:
    return [*facts.tensors, *facts.parameters]


def _listed(facts: LayerFacts) -> list[str]:
    names = [fact.name for fact in _all_of(facts)]
    if len(names) <= _MOST_NAMES:
        return names
    last = facts.config.num_layers - 1
    first_layer = [p.name for p in facts.parameters if p.layer == 0]
    return [
        *(tensor.name for tensor in facts.tensors),
        *(name.replace("_l0", f"_l{{0 to {last}}}") for name in first_layer),
    ]


def _check_range(option: str, value: int, count: int, thing: str) -> None:
    if not 0 <= value < count:
        allowed = f"from 0 to {count - 1}" if count > 1 else "only 0"
        raise CallError(
            f"{option}={value} is not possible: there {'are' if count > 1 else 'is'} {count} "
            f"{thing}{'s' if count > 1 else ''}, {allowed}."
        )
