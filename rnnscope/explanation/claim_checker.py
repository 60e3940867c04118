"""The real layer with its tensors, on which claims are evaluated as they are printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rnnscope.explanation.model import Check, Claim, Recipe

if TYPE_CHECKING:
    from torch import nn

    from rnnscope.config import RNNConfig


class ClaimChecker:
    """Evaluates expressions over ``rnn``, its tensors, and the helpers of ``code``.

    ``module`` is the real layer in evaluation mode, ``inputs`` and ``result`` are a call of it.
    """

    def __init__(
        self, config: RNNConfig, module: nn.Module, inputs: object, result: object
    ) -> None:
        import torch

        from rnnscope.reference import TOLERANCES, ReferenceRNN

        self.tolerance = TOLERANCES[config.dtype]
        aloud = ReferenceRNN.of(module)
        aloud.listener = lambda step: None
        self.values: dict[str, Any] = {
            "torch": torch,
            "rnn": Rnn(module),
            "gate_by_gate": aloud,
            **_tensors(config, inputs, result),
            **_relatives(config, module),
        }

    def check(self, claim: Claim) -> Check:
        """Evaluate both sides. A difference within the dtype's tolerance holds."""
        from rnnscope.reference import largest_difference

        left, right = (_comparable(self.evaluate(side)) for side in (claim.left, claim.right))
        difference = largest_difference(left, right)
        return Check(claim, difference, difference <= self.tolerance)

    def evaluate(self, code: str) -> Any:
        """The value of one of our own expressions, never of anything a user typed."""
        return eval(code, {"__builtins__": {}}, self.values)

    def filled(self, recipes: Sequence[Recipe]) -> tuple[Recipe, ...]:
        """The recipes with their shapes, and the difference of each wrong one to the right one."""
        from dataclasses import replace

        from rnnscope.reference import largest_difference

        results = [self.evaluate(recipe.code) for recipe in recipes]
        filled = []
        for recipe, result in zip(recipes, results, strict=True):
            alike = not recipe.right and result.shape == results[0].shape
            difference = largest_difference(result, results[0]) if alike else None
            filled.append(replace(recipe, shape=tuple(result.shape), difference=difference))
        return tuple(filled)


class Rnn:
    """The layer as a claim calls it: with any slices as states, and without the user's hooks."""

    def __init__(self, module: nn.Module) -> None:
        self.module = module

    def __call__(self, input: Any, hx: Any = None) -> Any:
        # cuDNN takes contiguous states only, and a slice is seldom contiguous.
        if isinstance(hx, tuple):
            hx = tuple(state.contiguous() for state in hx)
        elif hx is not None:
            hx = hx.contiguous()
        return self.module.forward(input, hx)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.module, name)


def _tensors(config: RNNConfig, inputs: Any, result: Any) -> dict[str, Any]:
    """Every tensor of the call under torch's name for it; padded and lengths of a packed one."""
    from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

    letters = config.cell.states
    input, before = inputs
    output, after = (None, result) if config.single_step else result
    final = "1" if config.single_step else "n"
    values = {"input": input, "output": output}
    for names, states in (("0", before), (final, after)):
        several = states if isinstance(states, tuple) else (states,)
        values |= {f"{letter}_{names}": s for letter, s in zip(letters, several, strict=True)}
    if isinstance(output, PackedSequence):
        padded, lengths = pad_packed_sequence(output, batch_first=config.batch_first)
        rows, _ = pad_packed_sequence(input, batch_first=True)
        values |= {"padded": padded, "lengths": lengths}
        values["sample"] = lambda index: rows[index, : lengths[index]]
    return values


def _relatives(config: RNNConfig, module: nn.Module) -> dict[str, Any]:
    """Other layers with the same weights, to compare with; each is made when it is called."""
    if config.single_step:
        return {"one_bias": lambda *call: _with_one_bias(config, module)(*call)}
    return {
        "first_layers": lambda count: _built(config.with_options(num_layers=count), module),
        "seq_first": lambda *call: _built(config.with_options(batch_first=False), module)(*call),
        "one_bias": lambda *call: _with_one_bias(config, module)(*call),
    }


def _built(
    config: RNNConfig, module: nn.Module, changes: Mapping[str, object] | None = None
) -> Rnn:
    """A torch layer of another configuration with the module's weights where the names agree."""
    from rnnscope.measuring.measurement import weights_of
    from rnnscope.measuring.randomness import preserved_randomness

    with preserved_randomness():
        other = config.with_options(dropout=0.0).build() if config.dropout else config.build()
    weights = weights_of(module) | dict(changes or {})
    other.load_state_dict({name: weights[name] for name in other.state_dict()})
    return Rnn(other.eval())


def _with_one_bias(config: RNNConfig, module: nn.Module) -> Rnn:
    """b_hh moved into b_ih; in the rows that a GRU multiplies by r_t first, it must stay."""
    from rnnscope.measuring.measurement import weights_of

    weights = weights_of(module)
    changes = {}
    movable = config.hidden_size * sum("r_t *" not in line for line in _gate_lines(config))
    for name in [name for name in weights if name.startswith("bias_hh")]:
        partner = name.replace("bias_hh", "bias_ih")
        moved = weights[name].detach().clone()
        moved[movable:] = 0
        changes[partner] = weights[partner].detach() + moved
        changes[name] = weights[name].detach() - moved
    return _built(config, module, changes)


def _gate_lines(config: RNNConfig) -> tuple[str, ...]:
    return config.cell.equations[: config.gate_multiple]


def _comparable(value: object) -> Any:
    """Numbers and shapes as tensors, so that one comparison serves all claims."""
    import torch

    if isinstance(value, int | torch.Size):
        return torch.tensor(value)
    if isinstance(value, tuple) and all(isinstance(item, int) for item in value):
        return torch.tensor(value)
    return value
