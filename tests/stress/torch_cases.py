"""torch's own test cases, watched and not: every operation, and the recurrent modules.

    python tests/stress/torch_cases.py

Needs numpy and expecttest beside torch. For each sample of ``op_db`` (three for each operation)
and each of ``module_db`` for RNN, LSTM, GRU and the cells, compared bit for bit are: the results
and their strides, the gradients of the inputs, the exception, and where torch's random stream
stands. Findings are counted; right calls have none.
"""

from __future__ import annotations

import itertools
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.testing._internal.common_methods_invocations import op_db
from torch.testing._internal.common_modules import module_db

import rnnscope
from rnnscope.recording.recorder import RECORDER

SAMPLES = 3
RECURRENT = ("RNN", "LSTM", "GRU", "Cell")


def main() -> int:
    """Print what differs and a count; 1 when something does."""
    warnings.simplefilter("ignore")
    asked = different = 0
    found: dict[str, int] = {}
    for name, case in (*operations(), *modules()):
        plain = outcome(case)
        with rnnscope.watch() as seen:
            watched = outcome(case)
        for finding in seen.findings:
            found[f"{name} {finding.code}"] = found.get(f"{name} {finding.code}", 0) + 1
        asked += 1
        if not alike(plain, watched) and alike(plain, outcome(case)):
            different += 1
            print(f"{name}: DIFFERENT\n  {plain}\n  {watched}"[:600])
    print(f"{asked} cases, {different} differ")
    print(f"findings: {found}; mistakes of rnnscope's own: {RECORDER.failures}")
    return int(different > 0)


def operations() -> Iterator[tuple[str, Callable[[], Any]]]:
    """A call of each operation on inputs that are made anew each time."""
    for info in op_db:
        if "empty" in info.name:  # whatever lay in memory before
            continue
        for number in range(SAMPLES):
            yield info.full_name, lambda info=info, number=number: called(info, number)


def called(info: Any, number: int) -> Any:
    grad = info.supports_autograd
    samples = info.sample_inputs("cpu", torch.float32, requires_grad=grad)
    sample = next(itertools.islice(samples, number, None), None)
    if sample is None:
        return None, []
    result = info(sample.input, *sample.args, **sample.kwargs)
    return result, [t for t in tensors((sample.input, sample.args, sample.kwargs)) if t.is_leaf]


def modules() -> Iterator[tuple[str, Callable[[], Any]]]:
    """A call of each recurrent module with each of torch's inputs for it."""
    for info in module_db:
        if any(word in info.name for word in RECURRENT):
            for number in range(len(inputs_of(info))):
                yield info.name, lambda info=info, number=number: run(info, number)


def inputs_of(info: Any) -> list[Any]:
    return info.module_inputs_func(info, "cpu", torch.float32, True, True)


def run(info: Any, number: int) -> Any:
    given = inputs_of(info)[number]
    built, call = given.constructor_input, given.forward_input
    module = info.module_cls(*built.args, **built.kwargs)
    if call is None:
        return None, []
    return module(*call.args, **call.kwargs), list(module.parameters())


def outcome(case: Callable[[], Any]) -> Any:
    """Everything that is compared."""
    torch.manual_seed(0)
    try:
        result, leaves = case()
        results = list(tensors(result))
        differentiable = [r for r in results if r.requires_grad and not r.is_complex()]
        if differentiable:
            torch.autograd.backward(differentiable, [torch.ones_like(r) for r in differentiable])
        values = [*results, *(leaf.grad for leaf in leaves)]
        return [described(v) for v in values], torch.get_rng_state()
    except Exception as error:
        return f"{type(error).__name__}: {error}", torch.get_rng_state()


def described(value: torch.Tensor | None) -> Any:
    if value is None or value.layout != torch.strided:
        return str(value)
    return tuple(value.shape), value.stride(), value.dtype, value.detach()


def tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from tensors(item)
    elif isinstance(value, dict):
        yield from tensors(list(value.values()))


def alike(one: Any, other: Any) -> bool:
    if isinstance(one, torch.Tensor):
        return torch.equal(raw(one), raw(other))
    if isinstance(one, (tuple, list)):
        return len(one) == len(other) and all(map(alike, one, other))
    return bool(one == other)


def raw(tensor: torch.Tensor) -> torch.Tensor:
    """The values to the last bit: NaN is equal to itself."""
    plain = tensor.resolve_conj().resolve_neg().flatten()
    return (
        torch.empty_like(plain, memory_format=torch.contiguous_format)
        .copy_(plain)
        .view(torch.uint8)
    )


if __name__ == "__main__":
    sys.exit(main())
