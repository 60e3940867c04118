"""Run programs one after another in this process, and write down what each leaves behind.

    python together.py FOLDER plain|watch PROGRAM…

FOLDER gets ``PROGRAM.json``: what was printed, the exception as Python would show it, warnings,
a hash of all tensors in its globals, and one of every stream of random numbers; in ``watch`` each
program runs under a watch of its own, and the codes that were found are written too. A program
may define ``late()``, which is asked when nothing will run any more.
"""

from __future__ import annotations

import atexit
import gc
import hashlib
import io
import json
import random
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext, redirect_stderr, redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

try:
    import numpy
except ImportError:
    numpy = None  # type: ignore[assignment]


def main(folder: str, mode: str, *programs: str) -> None:
    """Run each program in a ``__main__`` of its own."""
    own = sys.modules["__main__"]
    for name in programs:
        path = Path(__file__).with_name(f"{name}.py")
        module = sys.modules["__main__"] = ModuleType("__main__")
        module.__file__ = str(path)
        record = recorded(module, path, mode)
        write = Path(folder, f"{name}.json").write_text
        late = vars(module).pop("late", None)
        if late is not None and mode == "plain":  # for rnnscope run: after its own end
            atexit.register(keep, write, record, late)
        else:
            keep(write, record, late)
        del module
        sys.modules["__main__"] = own
        gc.collect()


def keep(write: Callable[[str], Any], record: dict[str, Any], late: Callable[[], Any]) -> None:
    """Write one record, with what the program says late."""
    write(json.dumps({**record, "late": repr(late()) if late is not None else None}))


def recorded(module: ModuleType, path: Path, mode: str) -> dict[str, Any]:
    """Run a program with fresh random streams."""
    torch.manual_seed(0)
    random.seed(0)
    if numpy is not None:
        numpy.random.seed(0)
    torch.compiler.reset()
    printed, failure, codes = io.StringIO(), None, None
    watch = _watch() if mode == "watch" else None
    with ExitStack() as stack:
        stack.enter_context(redirect_stdout(printed))
        stack.enter_context(redirect_stderr(printed))
        heard = stack.enter_context(warnings.catch_warnings(record=True))
        warnings.simplefilter("always")
        code = compile(path.read_bytes(), path, "exec")
        vars(module)["watch"] = lambda: watch or nullcontext()
        try:
            with nullcontext() if "watch" in code.co_names else watch or nullcontext():
                exec(code, vars(module))
        except BaseException:
            failure = traceback.format_exc()
    if watch is not None:
        codes = [finding.code for finding in watch.findings] + own_mistakes()
    return {
        "printed": printed.getvalue(),
        "exception": failure,
        "warnings": [[w.category.__name__, str(w.message), w.filename, w.lineno] for w in heard],
        "tensors": hashed(tensors(vars(module))),
        "random": hashed(streams()),
        "findings": codes,
    }


def _watch() -> Any:
    from rnnscope import watch

    return watch(show=False)


def own_mistakes() -> list[str]:
    """What went wrong in rnnscope itself, which it keeps from the program."""
    from rnnscope.recording.recorder import RECORDER

    mistakes = list(RECORDER.failures)
    RECORDER.failures.clear()
    return mistakes


def tensors(names: dict[str, Any]) -> Iterator[bytes]:
    """The bytes of every tensor, parameter and buffer that stands in the globals."""
    for name, value in sorted(names.items()):
        if isinstance(value, torch.nn.Module):
            for key, tensor in sorted(value.state_dict().items()):
                yield f"{name}.{key}".encode() + raw(tensor)
        elif isinstance(value, torch.Tensor) and not value.is_nested:
            yield name.encode() + raw(value)


def raw(tensor: torch.Tensor) -> bytes:
    """Shape and values, to the last bit."""
    plain = tensor.detach().as_subclass(torch.Tensor).contiguous()
    return f"{tuple(plain.shape)}{plain.flatten().view(torch.uint8).tolist()}".encode()


def streams() -> Iterator[bytes]:
    """Where each stream of random numbers stands."""
    yield torch.get_rng_state().numpy(force=True).tobytes() if numpy else raw(torch.get_rng_state())
    yield repr(random.getstate()).encode()
    yield repr(numpy.random.get_state()).encode() if numpy is not None else b""


def hashed(parts: Iterator[bytes]) -> str:
    """One number for all of it."""
    return hashlib.sha256(b"|".join(parts)).hexdigest()


if __name__ == "__main__":
    main(*sys.argv[1:])
