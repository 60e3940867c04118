"""rnnscope: the shape debugger for PyTorch recurrent networks.

Importing it costs nothing: no torch, no rich. Each name below is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rnnscope.api import (
        check,
        configs_of,
        convert,
        depends,
        diagnose,
        explain,
        gates,
        inspect,
        verify,
    )
    from rnnscope.axis_names import name_axes
    from rnnscope.call import Call
    from rnnscope.config import RNNConfig
    from rnnscope.explained import Explained
    from rnnscope.findings import Finding, Location, Severity
    from rnnscope.report import Report
    from rnnscope.verified import Verified
    from rnnscope.watching import Watch, watch

__version__ = "0.2.0"

_HOMES = {
    "inspect": "api",
    "configs_of": "api",
    "explain": "api",
    "check": "api",
    "diagnose": "api",
    "verify": "api",
    "gates": "api",
    "depends": "api",
    "convert": "api",
    "watch": "watching",
    "Watch": "watching",
    "Explained": "explained",
    "Verified": "verified",
    "name_axes": "axis_names",
    "RNNConfig": "config",
    "Call": "call",
    "Report": "report",
    "Finding": "findings",
    "Severity": "findings",
    "Location": "findings",
}

__all__ = [
    "Call",
    "Explained",
    "Finding",
    "Location",
    "RNNConfig",
    "Report",
    "Severity",
    "Verified",
    "Watch",
    "__version__",
    "check",
    "configs_of",
    "convert",
    "depends",
    "diagnose",
    "explain",
    "gates",
    "inspect",
    "name_axes",
    "verify",
    "watch",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'rnnscope' has no attribute {name!r}")
    value = getattr(import_module(f"rnnscope.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
