"""torch's own test cases, watched and not: every operation, the recurrent modules, and errors.

    python tests/stress/torch_cases.py

Needs numpy and expecttest beside torch. For each sample of ``op_db`` (three for each operation)
and each of ``module_db`` for RNN, LSTM, GRU and the cells, compared bit for bit are: the results
and their strides, the gradients of the inputs, the exception, and where torch's random stream
stands. Findings are counted; right calls have none. What torch expects an error of, operations
and modules, is compared in the same way; of a recurrent layer's it is also counted how many are
explained, and printed which are not though ``doctor`` knows their message.
"""

from __future__ import annotations

import itertools
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch.testing._internal.common_methods_invocations import op_db
from torch.testing._internal.common_modules import module_db

import rnnscope
from rnnscope.recording.recorder import RECORDER
from rnnscope.rules import examine
from rnnscope.subjects import Failure

SAMPLES = 3
RECURRENT = ("RNN", "LSTM", "GRU", "Cell")


def main() -> int:
    """Print what differs, what is left unexplained, and counts; 1 when there is anything."""
    warnings.simplefilter("ignore")
    right, different = compare((*operations(), *modules()))
    print(f"findings: {right}")
    wrong, differing = compare((*refused_operations(), *refused_modules()))
    print(f"findings: {wrong}")
    unexplained = [name for name, case in refused_modules(RECURRENT) if not is_explained(case)]
    print(f"not explained, though known: {unexplained}")
    print(f"mistakes of rnnscope's own: {RECORDER.failures}")
    return int(bool(different or differing or unexplained or RECORDER.failures or right))


def compare(cases: Iterable[tuple[str, Callable[[], Any]]]) -> tuple[dict[str, int], int]:
    """How often each code was found, and how many cases differ under a watch."""
    asked = different = raised = 0
    found: dict[str, int] = {}
    for name, case in cases:
        plain = outcome(case)
        with rnnscope.watch() as seen:
            watched = outcome(case)
        for finding in seen.findings:
            found[f"{name} {finding.code}"] = found.get(f"{name} {finding.code}", 0) + 1
        asked += 1
        raised += isinstance(plain[0], str)
        if not alike(plain, watched) and alike(plain, outcome(case)):
            different += 1
            print(f"{name}: DIFFERENT\n  {plain}\n  {watched}"[:600])
    print(f"{asked} cases, {raised} of them raise, {different} differ")
    return found, different


def is_explained(case: Callable[[], Any]) -> bool:
    """False where an exception leaves a watch that finds nothing, though its message is known."""
    try:
        with rnnscope.watch(show=False) as seen:
            case()
    except Exception as error:
        known = examine(Failure(str(error), type(error).__name__))
        return bool(seen.findings) or not known
    return True


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


def refused_operations() -> Iterator[tuple[str, Callable[[], Any]]]:
    """A call of each operation with all that torch expects it to refuse."""
    for info in op_db:
        if info.error_inputs_func is not None:
            for number, _ in enumerate(info.error_inputs("cpu")):
                yield info.full_name, lambda info=info, number=number: refused(info, number)


def refused(info: Any, number: int) -> Any:
    sample = next(itertools.islice(info.error_inputs("cpu"), number, None)).sample_input
    return info(sample.input, *sample.args, **sample.kwargs), []


def refused_modules(words: tuple[str, ...] = ("",)) -> Iterator[tuple[str, Callable[[], Any]]]:
    """A module of each class that has one of these words in its name, built or called wrongly."""
    for info in module_db:
        if info.module_error_inputs_func is None or not any(word in info.name for word in words):
            continue
        for number in range(len(errors_of(info))):
            yield info.name, lambda info=info, number=number: run(info, errors_of(info)[number])


def errors_of(info: Any) -> list[Any]:
    cases = info.module_error_inputs_func(info, "cpu", torch.float32, False, True)
    return [case.module_error_input for case in cases]


def modules() -> Iterator[tuple[str, Callable[[], Any]]]:
    """A call of each recurrent module with each of torch's inputs for it."""
    for info in module_db:
        if any(word in info.name for word in RECURRENT):
            for number in range(len(inputs_of(info))):
                yield info.name, lambda info=info, number=number: run(info, inputs_of(info)[number])


def inputs_of(info: Any) -> list[Any]:
    return info.module_inputs_func(info, "cpu", torch.float32, True, True)


def run(info: Any, given: Any) -> Any:
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
