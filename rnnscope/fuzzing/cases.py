"""A case is one layer and one call of it, drawn as twenty bytes of which each chooses an option.

Hypothesis spends more time on drawing a dozen options than torch on running a small layer; one
byte string costs it a thirtieth of that. It shrinks byte by byte towards zero, and byte zero is
always the simplest choice: ``RNN(1, 1)`` on one sequence of one step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from hypothesis import strategies as st

from rnnscope.call import Call
from rnnscope.cells import KINDS, PROJECTED_KINDS
from rnnscope.config import NONLINEARITIES, RNNConfig

CODE_BYTES = 20  # one for each choice that makes a case, and two for its seed
CASES_PER_EXAMPLE = 20  # hypothesis's own work for one example is that of several cases
LAYOUTS = ("batched", "unbatched", "packed")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Space:
    """Which layers and calls are drawn: the choices, and the largest sizes."""

    kinds: tuple[str, ...] = tuple(KINDS)
    dtypes: tuple[str, ...] = ("float32", "float64")
    device: str = "cpu"
    max_size: int = 5
    max_layers: int = 3
    max_batch: int = 3
    max_seq_len: int = 5


PROFILES = {
    "quick": (500, Space()),
    "thorough": (5000, Space(max_size=12, max_layers=4, max_batch=5, max_seq_len=9)),
}


@dataclass(frozen=True, slots=True)
class Case:
    """One layer, one call of it, and the seed of its weights and its input."""

    config: RNNConfig
    call: Call
    seed: int = 0

    @property
    def layout(self) -> str:
        """One of LAYOUTS."""
        if self.call.packed:
            return "packed"
        return "batched" if self.call.batched else "unbatched"

    @property
    def command(self) -> str:
        """The command line that shows this case.

        >>> Case(RNNConfig("GRU", 3, 4, bias=False), Call(lengths=(2, 1), seq_len=2)).command
        'rnnscope inspect GRU 3 4 --no-bias --seq-len 2 --lengths 2,1'
        """
        return " ".join(["rnnscope inspect", *_layer_words(self.config), *_call_words(self)])

    @property
    def python(self) -> str:
        """Three lines of Python that check this case again."""
        return (
            "from rnnscope.fuzzing import Call, Case, RNNConfig, disagreements\n"
            f"case = {self}\n"
            'print(*disagreements(case), sep="\\n")'
        )

    def __str__(self) -> str:
        call = f"Call({', '.join(_arguments(self.call))})"
        return f'Case(RNNConfig.parse("{self.config}"), {call}, seed={self.seed})'


def cases(space: Space) -> st.SearchStrategy[list[Case]]:
    """Draw CASES_PER_EXAMPLE cases at once, which share hypothesis's own work for an example.

    All bytes zero, which hypothesis tries first, is the simplest case, once.
    """
    every = range(0, CASES_PER_EXAMPLE * CODE_BYTES, CODE_BYTES)

    def decoded(drawn: bytes) -> list[Case]:
        starts = every if any(drawn) else every[:1]
        return [decode(drawn[start : start + CODE_BYTES], space) for start in starts]

    return st.binary(min_size=every.stop, max_size=every.stop).map(decoded)


def decode(code: bytes, space: Space) -> Case:
    """The case that a code stands for; every code stands for one.

    >>> str(decode(bytes(CODE_BYTES), Space()))
    'Case(RNNConfig.parse("RNN(1, 1)"), Call(batch=1, seq_len=1), seed=0)'
    """
    digits = iter(code)
    config = _config(digits, space)
    return Case(config, _call(digits, space, config), seed=next(digits) * 256 + next(digits))


def _choose(digits: Iterator[int], choices: Sequence[T]) -> T:
    return choices[next(digits) % len(choices)]


def _config(digits: Iterator[int], space: Space) -> RNNConfig:
    kind = KINDS[_choose(digits, space.kinds)]
    sizes = range(1, space.max_size + 1)
    options: dict[str, Any] = {
        "input_size": _choose(digits, sizes),
        "hidden_size": _choose(digits, sizes),
        "num_layers": _choose(digits, range(1, space.max_layers + 1)),
        "nonlinearity": _choose(digits, NONLINEARITIES),
        "bias": _choose(digits, (True, False)),
        "batch_first": _choose(digits, (False, True)),
        "bidirectional": _choose(digits, (False, True)),
        "dropout": _choose(digits, (0.0, 0.5)),
        "dtype": _choose(digits, space.dtypes),
    }
    # Half of the LSTMs are projected, where a narrower projection is possible.
    projected, width = next(digits), next(digits)
    if kind.name in PROJECTED_KINDS and projected % 2 and options["hidden_size"] > 1:
        options["proj_size"] = 1 + width % (options["hidden_size"] - 1)
    if options["num_layers"] == 1:
        del options["dropout"]
    known = {name: value for name, value in options.items() if name in kind.options}
    return RNNConfig(kind.name, device=space.device, **known)


def _call(digits: Iterator[int], space: Space, config: RNNConfig) -> Call:
    layout = _choose(digits, LAYOUTS[:2] if config.single_step else LAYOUTS)
    batch = _choose(digits, range(1, space.max_batch + 1))
    longest = 1 if config.single_step else _choose(digits, range(1, space.max_seq_len + 1))
    given = _choose(digits, (False, True))
    spread = next(digits)
    if layout == "packed":
        # Every length from the longest down, in an order that is rarely the sorted one.
        lengths = tuple(1 + (longest - 1 + row * spread) % longest for row in range(batch))
        return Call(lengths=lengths, seq_len=longest, states_given=given)
    batched = layout == "batched"
    return Call(batch if batched else 1, longest, batched, states_given=given)


def _arguments(call: Call) -> Iterator[str]:
    if call.lengths is not None:
        yield f"lengths={call.lengths}"
    elif call.batched:
        yield f"batch={call.batch}"
    else:
        yield f"batch={call.batch}, batched=False"
    yield f"seq_len={call.seq_len}"
    if call.states_given:
        yield "states_given=True"


def _layer_words(config: RNNConfig) -> Iterator[str]:
    yield from (config.kind, str(config.input_size), str(config.hidden_size))
    if config.num_layers != 1:
        yield f"--layers {config.num_layers}"
    if config.nonlinearity not in (None, "tanh"):
        yield f"--nonlinearity {config.nonlinearity}"
    for flag, wanted in (
        ("--no-bias", not config.bias),
        ("--batch-first", config.batch_first),
        ("--bidirectional", config.bidirectional),
    ):
        if wanted:
            yield flag
    for option, default in (("dropout", 0.0), ("proj_size", 0), ("dtype", "float32")):
        value = getattr(config, option)
        if value != default:
            yield f"--{option.replace('_', '-')} {value}"
    if config.device != "cpu":
        yield f"--device {config.device}"


def _call_words(case: Case) -> Iterator[str]:
    call = case.call
    if not call.batched:
        yield "--unbatched"
    elif call.lengths is None:
        yield f"--batch {call.batch}"
    if not case.config.single_step:
        yield f"--seq-len {call.seq_len}"
    if call.lengths is not None:
        yield f"--lengths {','.join(map(str, call.lengths))}"
    if call.states_given:
        yield "--states"
    if case.seed:
        yield f"--seed {case.seed}"
