"""The exceptions that rnnscope raises.

    RnnscopeError
    ├── ConfigError (ValueError)       torch.nn would refuse these options
    │   └── ConfigSyntaxError          a text that does not read as a layer
    ├── CallError (ValueError)         sizes, lengths or states that make no call
    ├── SubjectError (TypeError)       an object that is no recurrent layer or model
    ├── UnknownNameError (LookupError) a parameter, tensor or rule that does not exist
    ├── DeviceError                    a device that this machine does not have
    ├── TorchMissingError (ImportError) torch is needed and not installed
    ├── TargetError                    a script, module, class or weights file that cannot be loaded
    ├── OutputError (OSError)          a file that cannot be written
    └── FindingsError (AssertionError) what Report.raise_for_findings raises

Every message is one sentence that names the value and the remedy; the command line
prints it as it is and ends with status 2.
"""

from __future__ import annotations

from enum import Enum


class RnnscopeError(Exception):
    """The root: catching it catches everything that rnnscope raises on purpose."""


class _Missing(Enum):
    """The value of an option that was not given though it must be."""

    MISSING = "missing"


MISSING = _Missing.MISSING


class ConfigError(RnnscopeError, ValueError):
    """Options that ``torch.nn`` would refuse: which, its value, what is allowed, what was meant."""

    def __init__(self, option: str, value: object, allowed: str, intent: str | None = None) -> None:
        self.option = option
        self.value = value
        self.allowed = allowed
        self.intent = intent
        problem = "is missing" if value is MISSING else f"={value!r} is not possible"
        hint = f" {intent}" if intent else ""
        super().__init__(f"{option}{' ' * (value is MISSING)}{problem}: {allowed}.{hint}")


class ConfigSyntaxError(ConfigError):
    """A text that does not read as a layer, such as ``"LSTM(10, 20"``."""


class CallError(RnnscopeError, ValueError):
    """Sizes, lengths or states that cannot make a call."""


class SubjectError(RnnscopeError, TypeError):
    """An object that is neither a recurrent layer, nor a model with one inside."""


class UnknownNameError(RnnscopeError, LookupError):
    """A parameter, tensor or rule name that does not exist; the message lists those that do."""


class DeviceError(RnnscopeError):
    """A device that this machine does not have; the message lists those that it has."""


class TorchMissingError(RnnscopeError, ImportError):
    """torch is not installed, and what was asked for needs it."""


class TargetError(RnnscopeError):
    """A script, module, class or weights file that cannot be loaded or built."""


class OutputError(RnnscopeError, OSError):
    """A file that cannot be written."""


class FindingsError(RnnscopeError, AssertionError):
    """Errors and warnings that a report holds, a line each."""
