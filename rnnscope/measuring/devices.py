"""The devices of this machine: which there are, and how much memory each has left."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch

from rnnscope.errors import DeviceError

_ALWAYS = ("cpu", "meta")
# What is assumed where the operating system does not tell.
_UNTOLD_BYTES = 2 * 2**30


def checked_device(name: str) -> torch.device:
    """The torch device of this name, if this machine has it. Raises DeviceError.

    >>> checked_device("cpu")
    device(type='cpu')
    """
    try:
        device = torch.device(name)
    except RuntimeError:
        raise _no_device(name, "torch knows no such device") from None
    if device.type in _ALWAYS:
        return device
    count = _count(device.type)
    if not count:
        raise _no_device(name, f"torch {torch.__version__} finds no {device.type} device here")
    if (device.index or 0) >= count:
        raise _no_device(name, f"there are only {count}, counted from 0")
    return device


def device_names() -> tuple[str, ...]:
    """Every device that a layer can be put on here, the meta device last."""
    cuda = (f"cuda:{index}" for index in range(_count("cuda")))
    others = (kind for kind in ("mps", "xpu") if _count(kind))
    return ("cpu", *cuda, *others, "meta")


def _no_device(name: str, why: str) -> DeviceError:
    return DeviceError(
        f"device={name!r} is not possible: {why}; choose {', '.join(device_names())}."
    )


def _count(kind: str) -> int:
    """How many devices of this kind torch can use."""
    if kind == "mps":
        return int(torch.backends.mps.is_available())
    backend: Any = getattr(torch, kind, None)
    if not hasattr(backend, "is_available") or not backend.is_available():
        return 0
    return int(backend.device_count())


def available_bytes(device: torch.device) -> int:
    """Memory that a run on this device may still take, in bytes."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    return min(_system_bytes(), _container_bytes())


def _system_bytes() -> int:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        left = next(line for line in lines if line.startswith("MemAvailable:"))
        return int(left.split()[1]) * 1024
    except (OSError, StopIteration, ValueError):
        return _physical_bytes() // 2


def _physical_bytes() -> int:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return _UNTOLD_BYTES


def _container_bytes() -> int:
    """What a container's own limit leaves; the machine's figure knows nothing of it."""
    folder = Path("/sys/fs/cgroup")
    try:
        limit, used = (int((folder / f"memory.{name}").read_text()) for name in ("max", "current"))
    except (OSError, ValueError):
        return 2**63
    return max(limit - used, 0)
