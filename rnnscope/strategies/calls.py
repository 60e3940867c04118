"""calls() and lengths(): with what a layer is called."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from rnnscope.call import Call
from rnnscope.config import RNNConfig
from rnnscope.strategies.bounds import check_range


def lengths(
    *, min_batch: int = 1, max_batch: int = 3, min_length: int = 1, max_length: int = 5
) -> st.SearchStrategy[tuple[int, ...]]:
    """Draw the lengths of a packed batch, in any order; shrinks to ``(1,)``.

    >>> from hypothesis import find
    >>> find(lengths(min_batch=2), lambda drawn: drawn[0] < drawn[1])
    (1, 2)
    """
    check_range("batch", min_batch, max_batch, least=1)
    check_range("length", min_length, max_length, least=1)
    one = st.integers(min_length, max_length)
    return st.lists(one, min_size=min_batch, max_size=max_batch).map(tuple)


def calls(
    config: RNNConfig,
    *,
    min_batch: int = 1,
    max_batch: int = 3,
    min_seq_len: int = 1,
    max_seq_len: int = 5,
    batched: bool | None = None,
    packed: bool | None = None,
    states_given: bool | None = None,
) -> st.SearchStrategy[Call]:
    """Draw a Call that ``config`` takes; shrinks to one sequence of one step, states left to torch.

    The bounds are inclusive. ``batched``, ``packed`` and ``states_given`` fix that choice, None
    draws both. A cell is never packed and has one step; a packed call is always batched.
    Raises hypothesis's InvalidArgument for bounds that nothing satisfies.

    >>> from hypothesis import find
    >>> find(calls(RNNConfig("GRU", 3, 4)), lambda call: call.packed and call.batch == 2).lengths
    (1, 1)
    """
    check_range("batch", min_batch, max_batch, least=1)
    check_range("seq_len", min_seq_len, max_seq_len, least=1)
    if packed and (batched is False or config.single_step):
        raise InvalidArgument("packed=True needs batched input to a layer, not to a cell")
    layouts = _layouts(config, batched, packed)
    given = st.booleans() if states_given is None else st.just(states_given)
    steps = (1, 1) if config.single_step else (min_seq_len, max_seq_len)
    return _calls(layouts, given, (min_batch, max_batch), steps)


def _layouts(config: RNNConfig, batched: bool | None, packed: bool | None) -> tuple[str, ...]:
    possible = {
        "batched": packed is not True and batched is not False,
        "unbatched": packed is not True and batched is not True,
        "packed": packed is not False and batched is not False and not config.single_step,
    }
    return tuple(layout for layout, allowed in possible.items() if allowed)


@st.composite
def _calls(
    draw: st.DrawFn,
    layouts: tuple[str, ...],
    given: st.SearchStrategy[bool],
    batch: tuple[int, int],
    steps: tuple[int, int],
) -> Call:
    layout = draw(st.sampled_from(layouts))
    states_given = draw(given)
    if layout == "packed":
        drawn = draw(lengths(min_batch=batch[0], max_batch=batch[1], max_length=steps[1]))
        # The padded rectangle may be longer than the longest sequence in it.
        padded = draw(st.integers(max(*drawn, steps[0]), steps[1]))
        return Call(lengths=drawn, seq_len=padded, states_given=states_given)
    size, seq_len = draw(st.integers(*batch)), draw(st.integers(*steps))
    # Drawn in any case: with one choice less, unbatched calls would be simpler than batched ones.
    batched = layout == "batched"
    return Call(size if batched else 1, seq_len, batched, states_given=states_given)
