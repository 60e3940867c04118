"""A pickle read as a description: its operations are followed, and nothing that it names is run.

A pickle is a program. Python's unpickler calls whatever it names; torch's restricted one calls
only constructors, but these copy, so that a file of 60 KB can take 600 MB. Here a name stays a
name and a call stays a call: nothing is imported, and memory grows by a constant an operation.
Source: the opcodes of the standard library's ``pickletools``.
"""

from __future__ import annotations

import pickletools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from rnnscope.weights.stored import MalformedError

MOST_OPERATIONS = 2_000_000  # a tensor takes about thirty


@dataclass(frozen=True, slots=True)
class Name:
    """A function or class that the pickle names, never looked up."""

    text: str


@dataclass(slots=True, eq=False)
class Made:
    """An object that the pickle makes: ``maker(*arguments)``, then its items and its state.

    ``maker`` is None for plain dictionaries. Lists and sets are made too, and stay empty: no
    parameter of a module is kept in one.
    """

    maker: Any = None
    arguments: Any = ()
    items: list[Any] = field(default_factory=list)  # key, value, key, value, …
    state: Any = None

    def called(self) -> str:
        """The name of the function or class that makes it, or nothing."""
        return self.maker.text if isinstance(self.maker, Name) else ""

    def pairs(self) -> Iterator[tuple[Any, Any]]:
        """Keys and values, those of its attributes last."""
        for held in (self, self.state):
            if isinstance(held, Made):
                items = iter(held.items)
                yield from zip(items, items, strict=False)


STORAGE = Name("storage")


def described(file: BinaryIO) -> Any:
    """What the next pickle in the file describes. Raises MalformedError."""
    machine = _Machine()
    try:
        for count, (operation, argument, _) in enumerate(pickletools.genops(file)):
            if count == MOST_OPERATIONS:
                raise MalformedError(f"its pickle has more than {MOST_OPERATIONS:,} operations")
            machine.follow(operation.name, argument)
        return machine.stack[-1]
    except MalformedError:
        raise
    except Exception as error:  # a broken pickle breaks pickletools in many ways
        raise MalformedError("its pickle is broken or cut off") from error


_PUSHED = frozenset((
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT",
    "STRING", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8",
    "BYTEARRAY8", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8",
))  # fmt: skip
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
# The operations that end with so many items.
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_COLLECTION = Name("list")


class _Machine:
    """The stack, the marks and the memo of a pickle."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []
        self.memo: dict[int, Any] = {}

    def follow(self, operation: str, argument: object) -> None:
        """One operation. Raises IndexError, KeyError, TypeError for one that has no place here."""
        if operation in _PUSHED:
            self.stack.append(argument)
        elif operation in _CONSTANTS:
            self.stack.append(_CONSTANTS[operation])
        elif operation in _TUPLES:
            count = _TUPLES[operation]
            self.stack[-count:] = [tuple(self.stack[-count:])]
        else:
            self._make(operation, argument)

    def _make(self, operation: str, argument: Any) -> None:
        pop, push = self.stack.pop, self.stack.append
        match operation:
            case "PROTO" | "FRAME" | "STOP":
                pass
            case "MARK":
                self.below.append(self.stack)
                self.stack = []
            case "GLOBAL":
                push(Name(argument.replace(" ", ".")))
            case "STACK_GLOBAL":
                name, module = pop(), pop()
                push(Name(f"{module}.{name}"))
            case "MEMOIZE":
                self.memo[len(self.memo)] = self.stack[-1]
            case "BINPUT" | "LONG_BINPUT":
                self.memo[argument] = self.stack[-1]
            case "BINGET" | "LONG_BINGET":
                push(self.memo[argument])
            case "REDUCE" | "NEWOBJ":
                arguments, maker = pop(), pop()
                push(Made(maker, arguments))
            case "BINPERSID":
                push(Made(STORAGE, pop()))
            case "BUILD":
                state = pop()
                self.stack[-1].state = state
            case _:
                self._collect(operation)

    def _collect(self, operation: str) -> None:
        """The operations that make or fill a collection."""
        match operation:
            case "EMPTY_DICT":
                self.stack.append(Made())
            case "EMPTY_LIST" | "EMPTY_SET":
                self.stack.append(Made(_COLLECTION))
            case "APPEND":
                self.stack.pop()
            case "APPENDS" | "ADDITEMS":
                self._marked()
            case "TUPLE":
                items = self._marked()
                self.stack.append(tuple(items))
            case "SETITEM":
                value, key = self.stack.pop(), self.stack.pop()
                self.stack[-1].items += (key, value)
            case "SETITEMS":
                items = self._marked()
                self.stack[-1].items += items
            case _:
                raise MalformedError(f"its pickle uses {operation}, which no state_dict needs")

    def _marked(self) -> list[Any]:
        """What was pushed since the last mark, and the stack below it again."""
        items, self.stack = self.stack, self.below.pop()
        return items
