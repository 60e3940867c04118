"""Behaviour, by perturbation: change one thing and see what moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from rnnscope.subjects.comparison import Difference
from rnnscope.verification.conventions import Style
from rnnscope.verification.probe import Draw, Outcome, Probe, largest, push
from rnnscope.verification.runner import Runner, with_tokens
from rnnscope.verification.target import said

_STILL = 1e-12  # of float64: a result moves by less only in rounding


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried: what holds of torch's layers, and what was seen of this one."""

    text: str
    difference: Difference | None = None

    @property
    def passed(self) -> bool:
        """True when the layer behaves as torch's do."""
        return self.difference is None


class Behaviour:
    """A layer with random weights, to be pushed at one place and watched at the others."""

    def __init__(self, runner: Runner, probe: Probe, given: bool) -> None:
        self.runner, self.probe, self.given = runner, probe, given
        draw = Draw(probe.config, 11)
        self.weights = {
            name: 0.5 * draw(*tensor.shape).to(tensor.dtype)
            if tensor.ndim
            else tensor.detach().clone()
            for name, tensor in runner.weights.items()
        }
        self.still = _STILL if probe.x.dtype is torch.float64 else 1e-5
        self.before = self.run(probe)

    def run(self, probe: Probe) -> Outcome:
        """One call as new, on these weights."""
        return self.runner(self.weights, probe, self.given)

    def checks(self) -> Iterator[Check]:
        """Every check that the layer's results allow; of a random layer only that it is random."""
        if _gap(self.before, self.run(self.probe)) > self.still:
            yield self.repeat()
            return
        yield self.samples()
        if self.before.output is not None:
            yield self.future()
        if self.given:
            yield self.slots()
        if self.before.output is not None and self.before.h_n is not None:
            yield self.last_step()
        yield self.repeat()
        yield self.gradients()
        if isinstance(self.runner.layer, nn.Module):
            yield self.modes()
        if self.runner.convention and self.runner.convention.style.sequence:
            yield self.one_token()

    def pushed(self, step: int | slice, sample: int) -> Probe:
        """The probe with the input of one sample changed, at one step or at several."""
        if self.probe.tokens is not None:
            tokens = self.probe.tokens.clone()
            tokens[step, sample] += 1
            return replace(self.probe, tokens=tokens)
        x = self.probe.x.clone()
        x[step, sample] += push(x)
        return replace(self.probe, x=x)

    def moved(self, after: Outcome, name: str, axis: int) -> list[int]:
        """The indices along an axis at which a result has changed."""
        old, new = self.before.tensors()[name], after.tensors()[name]
        others = [k for k in range(old.ndim) if k != axis]
        return [int(k) for k in ((new - old).abs().amax(others) > self.still).nonzero().flatten()]

    def samples(self) -> Check:
        """Change one sample: nothing of the others may move."""
        text = "samples do not see each other"
        after = self.run(self.pushed(slice(None), 0))
        for name in self.before.tensors():
            others = [n for n in self.moved(after, name, 1) if n != 0]
            if others:
                return Check(text, Difference(
                    "samples-mixed",
                    f"a change of sample 0 moves {name} of sample {_listed(others)}: the batch "
                    "axis is used as another one, or summed over",
                    "find where the batch axis is transposed, reshaped, averaged or kept as steps",
                ))  # fmt: skip
        return Check(text)

    def future(self) -> Check:
        """Change a step in the middle: forwards nothing may move before it, backwards after."""
        assert self.before.output is not None
        config, middle = self.probe.config, self.probe.seq_len // 2
        both = config.directions == 2
        text = (
            "the forward half sees the past, the backward half the future"
            if both
            else "no step sees a later one"
        )
        after = self.run(self.pushed(middle, 0))
        assert after.output is not None
        moved = (after.output - self.before.output)[:, 0].abs() > self.still
        forward = moved[:, : config.output_size].any(-1)
        early = forward[:middle].any() and (not both or config.num_layers == 1)
        if early and not self._samples_leak(after):
            steps = [int(t) for t in forward[:middle].nonzero().flatten()]
            return Check(text, Difference(
                "future-seen",
                f"a change of step {middle} moves the output of the earlier step {_listed(steps)}",
                "at step t read x[: t + 1] only",
            ))  # fmt: skip
        if not forward[middle + 1 :].any():
            return Check("a step reaches the later ones", Difference(
                "state-ignored",
                f"a change of step {middle} moves no later step: the state is not carried from "
                "step to step",
                "hand the state that a step returns to the next one",
            ))  # fmt: skip
        backward = moved[:, config.output_size :].any(-1)
        if both and config.num_layers == 1 and backward[middle + 1 :].any():
            return Check(text, Difference(
                "direction",
                f"a change of step {middle} moves the backward half of a later step, which has "
                "been read before it",
                "let the backward half read x.flip(0), and flip its output back",
            ))  # fmt: skip
        return Check(text)

    def _samples_leak(self, after: Outcome) -> bool:
        return any(n != 0 for n in self.moved(after, "output", 1))

    def slots(self) -> Check:
        """Change one slot of h_0: its own layer must move, and no layer below it."""
        text = "each slot of h_0 acts on its own layer"
        per_layer = self.probe.config.directions
        for slot in range(self.probe.layers):
            h_0 = self.probe.h_0.clone()
            h_0[slot] += 0.5
            after = self.run(replace(self.probe, h_0=h_0))
            wrong = self._wrong_slot(after, slot, per_layer)
            if wrong:
                return Check(text, Difference(
                    "state-ignored", wrong, "use h_0[k] as the first state of layer k"
                ))  # fmt: skip
        return Check(text)

    def _wrong_slot(self, after: Outcome, slot: int, per_layer: int) -> str:
        name = "h_n" if self.before.h_n is not None else "output"
        moved = self.moved(after, name, 0)
        if not moved:
            return f"a change of h_0[{slot}] moves nothing: it is not used"
        if name == "h_n" and min(moved) < slot - slot % per_layer:
            return f"a change of h_0[{slot}] moves h_n[{min(moved)}], the state of a lower layer"
        if name == "h_n" and slot not in moved:
            return f"a change of h_0[{slot}] does not move h_n[{slot}]"
        return ""

    def last_step(self) -> Check:
        """h_n of the top layer is its output at the last step that it read."""
        text = "h_n is the state after the last step"
        output, h_n = self.before.output, self.before.h_n
        assert output is not None
        assert h_n is not None
        size, both = self.probe.config.output_size, self.probe.config.directions == 2
        forward = h_n[-2] if both else h_n[-1]
        pairs = [("h_n[-2]" if both else "h_n[-1]", forward, output[-1, :, :size], "output[-1]")]
        if both:
            pairs.append(
                ("h_n[-1]", h_n[-1], output[0, :, size:], "the backward half of output[0]")
            )
        for name, state, step, place in pairs:
            if largest(state, step) > self.still:
                return Check(text, Difference(
                    "final-state",
                    f"{name} is not {place}: they differ by {largest(state, step):.2g}",
                    "return the state after the last step that the layer has read",
                ))  # fmt: skip
        return Check(text)

    def repeat(self) -> Check:
        """Two calls in a row: the same result, and nothing that grows."""
        text = "two calls give the same, and nothing grows"
        runner, convention = self.runner, self.runner.convention
        assert convention is not None
        runner(self.weights, self.probe, self.given)
        grown = [change for change in runner.pristine.changed() if "grew" in change]
        second = "returns another shape"
        try:
            with torch.no_grad():
                again = convention.call(runner.function, self.probe, self.given).outcome
            gap = _gap(self.before, again)
        except Exception as error:
            shapes = getattr(error, "shapes", None)
            gap, second = float("inf"), f"returns {shapes}" if shapes else f"raises {said(error)}"
        random = _gap(self.before, self.run(self.probe))
        if not grown and gap <= self.still:
            return Check(text)
        if grown:
            seen = f"self.{grown[0]} in one call, and keeps it for the next"
        elif random > self.still:
            seen = (
                f"two calls on the same input differ by {random:.2g}: something is drawn at random"
            )
        else:
            kept = ", ".join(f"self.{c}" for c in runner.pristine.changed()) or "a state on self"
            seen = f"a second call on the same input differs by {gap:.2g}: {kept}"
        if gap == float("inf"):
            seen += f"; the second call {second}"
        return Check(text, Difference(
            "call-remembered", seen, "start every call from new lists and from the states given"
        ))  # fmt: skip

    def gradients(self) -> Check:
        """A gradient reaches every parameter, the input of every step, and every state."""
        text = "gradients reach every parameter, step and state"
        try:
            lost = list(self._lost())
        except (RuntimeError, TypeError) as error:
            lost = [f"backward raises {said(error)}"]
        if not lost:
            return Check(text)
        return Check(text, Difference(
            "gradient-lost", f"no gradient reaches {_listed(lost)}",
            "look for a detach, .data, a no_grad, or a parameter that forward never uses",
        ))  # fmt: skip

    def _lost(self) -> Iterator[str]:
        watched: dict[str, Tensor] = {}
        module = isinstance(self.runner.layer, nn.Module)
        if module and not torch.is_inference_mode_enabled():
            for name, tensor in self.runner.weights.items():
                if isinstance(tensor, nn.Parameter) and tensor.requires_grad and tensor.is_leaf:
                    watched[name] = tensor
        inputs: dict[str, Tensor] = {}
        if self.probe.tokens is None:
            inputs["input"] = self.probe.x.clone().requires_grad_()
        if self.given:
            inputs["h_0"] = self.probe.h_0.clone().requires_grad_()
            if self.probe.c_0 is not None:
                inputs["c_0"] = self.probe.c_0.clone().requires_grad_()
        given: dict[str, Any] = {"x" if k == "input" else k: v for k, v in inputs.items()}
        probe = replace(self.probe, **given)
        with torch.enable_grad():
            outcome = self.runner.read(probe, self.given).outcome
            total = sum((_weighed(t) for t in outcome.tensors().values()), torch.zeros(()))
            if not module and not total.requires_grad:
                return
            both = {**watched, **inputs}
            found = torch.autograd.grad(total, list(both.values()), allow_unused=True)
        for name, gradient in zip(both, found, strict=True):
            if gradient is None or not bool(gradient.abs().max() > 0):
                yield name
            elif name in inputs:
                empty = (gradient.abs().amax((1, 2)) == 0).nonzero().flatten()
                yield from (f"{name}[{int(k)}]" for k in empty)

    def modes(self) -> Check:
        """Training mode differs from evaluation by dropout alone."""
        text = "training and evaluation mode agree (dropout apart)"
        layer = self.runner.layer
        if any(_drops(module) for module in layer.modules()):
            return Check(text)
        layer.train()
        try:
            trained = self.run(self.probe)
        finally:
            layer.eval()
        gap = _gap(self.before, trained)
        random = _gap(self.before, self.run(self.probe))
        if gap <= self.still or random > self.still:
            return Check(text)
        return Check(text, Difference(
            "mode-differs",
            f"without dropout, training mode differs from evaluation mode by {gap:.2g}",
            "let dropout be the one thing that asks for self.training",
        ))  # fmt: skip

    def one_token(self) -> Check:
        """A sequence of one step keeps the documented shape: states are not broadcast over time."""
        text = "one step stays one step: states are not broadcast"
        short = replace(
            self.probe,
            x=self.probe.x[:1],
            tokens=None if self.probe.tokens is None else self.probe.tokens[:1],
        )
        try:
            self.run(short)
        except Exception as error:
            shapes = getattr(error, "shapes", None)
            seen = f"returns {shapes}" if shapes else f"raises {said(error)}"
            return Check(text, Difference(
                "state-broadcast",
                f"for a sequence of one step, input (1, {short.batch}, "
                f"{self.probe.config.input_size}), it {seen}",
                "use one slot of the state for each layer: h[k] with layer k",
            ))  # fmt: skip
        return Check(text)


def behaviour(runner: Runner, probe: Probe, given: bool) -> tuple[Check, ...]:
    """Every check of behaviour, none of which changes the layer for the next."""
    return tuple(Behaviour(runner, with_tokens(probe, runner.embedding), given).checks())


def _drops(module: nn.Module) -> bool:
    """Whether a module has a dropout of more than 0, its own or as one of torch's layers."""
    asked = [getattr(module, name, 0) for name in ("p", "dropout", "drop_prob")]
    return any(isinstance(value, float) and value > 0 for value in asked)


def _gap(one: Outcome, other: Outcome) -> float:
    first, second = one.tensors(), other.tensors()
    if set(first) != set(second):
        return float("inf")
    return max(largest(first[name], second[name]) for name in first)


def _weighed(tensor: Tensor) -> Tensor:
    weights = torch.linspace(0.5, 1.5, tensor.numel(), dtype=tensor.dtype, device=tensor.device)
    return (tensor.reshape(-1) * weights).sum()


def _listed(items: list[int] | list[str]) -> str:
    shown = ", ".join(map(str, items[:4]))
    return f"{shown} and {len(items) - 4} more" if len(items) > 4 else shown


__all__ = ["Behaviour", "Check", "Style", "behaviour"]
