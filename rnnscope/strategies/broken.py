"""broken_calls(): a call with one known mistake, named by the rule that finds it.

A mistake is a function that changes one thing about a right call; MISTAKES lists them by code, each
with the calls in which it can be made. Only sketches are changed: no tensor exists until
``BrokenCall.arguments`` makes them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from rnnscope.call import Call
from rnnscope.config import RNNConfig
from rnnscope.prediction import predict
from rnnscope.strategies.calls import calls
from rnnscope.subjects import LayerCall, TensorSpec


@dataclass(frozen=True, slots=True)
class BrokenCall:
    """A call with one mistake: the code of its rule, the right call that it was, the broken one.

    ``broken`` is what a rule looks at. ``raises`` tells whether torch 2.13 refuses the call or runs
    it silently; None where it must not be asked: some malformed calls of cells end the process, and
    a packed LSTM in float32 may read beyond its states.
    """

    code: str
    config: RNNConfig
    call: Call
    broken: LayerCall
    raises: bool | None

    def arguments(self, seed: int = 0) -> tuple[Any, ...]:
        """What to call the layer with to make the mistake for real, filled from ``seed``."""
        from rnnscope.strategies.sketches import made

        given = [self.broken.input, self.broken.hx, *self.broken.extra]
        return tuple(made(sketch, seed) for sketch in given if sketch is not None)


def broken_calls(
    config: RNNConfig, *, codes: Sequence[str] | None = None
) -> st.SearchStrategy[BrokenCall]:
    """Draw a call of ``config`` with one known mistake; ``codes`` narrows the mistakes.

    Sizes are those of ``calls(config)``. Not every mistake can be made with every layer: the
    strategy is empty when none of ``codes`` can. Raises InvalidArgument for unknown codes.

    >>> from hypothesis import find
    >>> gru = RNNConfig("GRU", 3, 4)
    >>> find(broken_calls(gru, codes=["RNN204"]), lambda drawn: True).broken.hx.shape
    (1, 2, 4)
    """
    known = {mistake.code for mistake in MISTAKES}
    if codes is not None and not set(codes) <= known:
        raise InvalidArgument(f"codes={codes!r}: choose among {', '.join(sorted(known))}")
    possible = [
        mistake.calls_of(config)
        for mistake in MISTAKES
        if (codes is None or mistake.code in codes) and mistake.possible(config)
    ]
    return st.one_of(possible)


@dataclass(frozen=True, slots=True)
class Mistake:
    """One way to break a call: in which layers, in which calls, and how."""

    code: str
    make: Callable[[LayerCall, int], LayerCall]
    layers: Callable[[RNNConfig], bool]
    layouts: tuple[str, ...] = ("batched", "unbatched", "packed")
    states_given: bool | None = True
    silent: tuple[str, ...] = ()  # the layouts in which torch runs and returns something
    unsafe: tuple[str, ...] = ()  # the layouts in which oneDNN may read beyond a state

    def possible(self, config: RNNConfig) -> bool:
        """Can this mistake be made with this layer?"""
        return self.layers(config) and bool(self._layouts(config))

    def calls_of(self, config: RNNConfig) -> st.SearchStrategy[BrokenCall]:
        """Draw this mistake in some call of the layer, in a size that is 1, 2 or 3 off."""
        layouts = self._layouts(config)
        right = st.one_of([self._right(config, layout) for layout in layouts])
        return st.builds(self._broken, st.just(config), right, st.integers(1, 3))

    def _right(self, config: RNNConfig, layout: str) -> st.SearchStrategy[Call]:
        batched, packed = layout != "unbatched", layout == "packed"
        return calls(config, batched=batched, packed=packed, states_given=self.states_given)

    def _layouts(self, config: RNNConfig) -> tuple[str, ...]:
        return tuple(name for name in self.layouts if not (name == "packed" and config.single_step))

    def _broken(self, config: RNNConfig, call: Call, off: int) -> BrokenCall:
        broken = self.make(right_call(config, call), off)
        return BrokenCall(self.code, config, call, broken, self._raises(config, call))

    def _raises(self, config: RNNConfig, call: Call) -> bool | None:
        layout = "packed" if call.packed else "batched" if call.batched else "unbatched"
        if config.single_step or (layout in self.unsafe and _pairs(config)):
            return None
        return layout not in self.silent


def right_call(config: RNNConfig, call: Call) -> LayerCall:
    """The call without a mistake, as rules see it."""
    facts = {fact.name: fact for fact in predict(config, call).tensors}

    def sketched(name: str, **more: Any) -> TensorSpec:
        fact = facts[name]
        return TensorSpec("Tensor", fact.shape, fact.dtype, config.device, **more)

    input = sketched("input")
    if call.lengths is not None:
        input = replace(input, type="PackedSequence", lengths=call.lengths)
    states = tuple(sketched(f"{state}_0") for state in config.cell.states)
    return LayerCall(
        config, input, _together(states) if call.states_given else TensorSpec("NoneType")
    )


def _together(states: tuple[TensorSpec, ...]) -> TensorSpec:
    return states[0] if len(states) == 1 else TensorSpec("tuple", items=states)


def _states(call: LayerCall) -> tuple[TensorSpec, ...]:
    assert call.hx is not None
    return call.hx.items or (call.hx,)


def _each_state(call: LayerCall, change: Callable[[tuple[int, ...]], tuple[int, ...]]) -> LayerCall:
    """The call with the shape of every state changed."""
    changed = tuple(replace(state, shape=change(state.shape or ())) for state in _states(call))
    return replace(call, hx=_together(changed))


def _input(call: LayerCall, **changes: Any) -> LayerCall:
    assert call.input is not None
    return replace(call, input=replace(call.input, **changes))


def _input_shape(call: LayerCall) -> tuple[int, ...]:
    assert call.input is not None
    return call.input.shape or ()


def _other_features(call: LayerCall, off: int) -> LayerCall:
    *outer, features = _input_shape(call)
    return _input(call, shape=(*outer, features + off))


def _batch_first_states(call: LayerCall, off: int) -> LayerCall:
    """(N, D*num_layers, H), with a batch that has another size than the slots have."""
    slots = (_states(call)[0].shape or ())[0]
    batch = slots + off
    turned = _each_state(call, lambda shape: (batch, slots, shape[-1]))
    length, features = 2, _input_shape(call)[-1]
    outer = (batch, length) if call.config.batch_first else (length, batch)
    return _input(turned, type="Tensor", shape=(*outer, features), lengths=None)


def _other_slots(call: LayerCall, off: int) -> LayerCall:
    return _each_state(call, lambda shape: (shape[0] + off, *shape[1:]))


def _other_batch(call: LayerCall, off: int) -> LayerCall:
    return _each_state(call, lambda shape: (*shape[:-2], shape[-2] + off, shape[-1]))


def _other_width(call: LayerCall, off: int) -> LayerCall:
    assert isinstance(call.config, RNNConfig)
    width = call.config.hidden_size + off
    return _each_state(call, lambda shape: (*shape[:-1], width))


def _equal_widths(call: LayerCall, off: int) -> LayerCall:
    assert isinstance(call.config, RNNConfig)
    width = call.config.proj_size if off % 2 else call.config.hidden_size
    return _each_state(call, lambda shape: (*shape[:-1], width))


def _axis_more(call: LayerCall, off: int) -> LayerCall:
    return _each_state(call, lambda shape: (1, *shape))


def _axis_less(call: LayerCall, off: int) -> LayerCall:
    return _each_state(call, lambda shape: shape[1:])


def _input_axis_more(call: LayerCall, off: int) -> LayerCall:
    return _input(call, shape=(off, *_input_shape(call)))


def _pair_of_states(call: LayerCall, off: int) -> LayerCall:
    (state,) = _states(call)
    return replace(call, hx=TensorSpec("tuple", items=(state, state)))


def _one_state(call: LayerCall, off: int) -> LayerCall:
    return replace(call, hx=_states(call)[0])


def _other_dtype(call: LayerCall, off: int) -> str:
    others = [name for name in ("float64", "float32", "int64") if name != call.config.dtype]
    return others[off % 2]


def _other_input_dtype(call: LayerCall, off: int) -> LayerCall:
    return _input(call, dtype=_other_dtype(call, off))


def _other_state_dtype(call: LayerCall, off: int) -> LayerCall:
    other = _other_dtype(call, off)
    return replace(call, hx=_together(tuple(replace(s, dtype=other) for s in _states(call))))


def _step_without_time(call: LayerCall, off: int) -> LayerCall:
    """(N, H_in) where (1, N, H_in) was due, with the states of a batch."""
    batch = (_states(call)[0].shape or ())[1]
    return _input(call, shape=(batch, _input_shape(call)[-1]))


def _more_states(call: LayerCall, off: int) -> LayerCall:
    states = _states(call)
    return replace(call, hx=TensorSpec("tuple", items=(*states, *states[:1] * off)))


def _separate_states(call: LayerCall, off: int) -> LayerCall:
    first, *others = _states(call)
    return replace(call, hx=first, extra=tuple(others or [first]))


def _nothing_inside(call: LayerCall, off: int) -> LayerCall:
    return replace(
        call, hx=TensorSpec("tuple", items=(TensorSpec("NoneType"), TensorSpec("NoneType")))
    )


def _list_of_steps(call: LayerCall, off: int) -> LayerCall:
    assert call.input is not None
    step = replace(call.input, shape=_input_shape(call)[1:])
    return _input(call, type="list", shape=None, dtype=None, device=None, items=(step,) * off)


def _no_steps(call: LayerCall, off: int) -> LayerCall:
    time = 1 if call.config.batch_first and len(_input_shape(call)) == 3 else 0
    shape = tuple(0 if axis == time else n for axis, n in enumerate(_input_shape(call)))
    return _input(call, shape=shape)


def _any(config: RNNConfig) -> bool:
    return True


def _stacks(config: RNNConfig) -> bool:
    return not config.single_step


def _pairs(config: RNNConfig) -> bool:
    return len(config.cell.states) == 2


def _singles(config: RNNConfig) -> bool:
    return not _pairs(config)


MISTAKES = (
    Mistake("RNN201", _other_features, _any, states_given=None, unsafe=("packed",)),
    Mistake("RNN202", _batch_first_states, _stacks, ("batched",)),
    Mistake("RNN203", _other_slots, _stacks, unsafe=("packed",)),
    Mistake("RNN204", _other_batch, _any, ("batched", "packed"), silent=("packed",)),
    Mistake("RNN205", _other_width, _any, unsafe=("packed",)),
    Mistake("RNN206", _equal_widths, lambda config: bool(config.proj_size), unsafe=("packed",)),
    Mistake("RNN207", _axis_more, _any, ("batched",)),
    Mistake("RNN207", _axis_less, _stacks, ("batched",)),
    Mistake("RNN208", _input_axis_more, _any, ("batched",), states_given=None),
    Mistake("RNN209", _pair_of_states, _singles),
    Mistake("RNN210", _one_state, _pairs),
    Mistake("RNN211", _other_input_dtype, _any, states_given=None),
    Mistake("RNN212", _other_state_dtype, _any),
    Mistake("RNN215", _step_without_time, _stacks, ("batched",)),
    Mistake("RNN216", _more_states, _pairs, silent=("unbatched", "packed")),
    Mistake("RNN217", _separate_states, _any),
    Mistake("RNN218", _nothing_inside, _pairs),
    Mistake("RNN219", _list_of_steps, _any, ("batched", "unbatched"), states_given=None),
    Mistake("RNN220", _no_steps, _stacks, ("batched", "unbatched"), states_given=None),
)
