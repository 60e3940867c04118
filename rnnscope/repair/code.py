"""A file of the user's as nodes: who contains whom, what calls what, where a value comes from."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from functools import cached_property, lru_cache
from typing import TypeAlias

from rnnscope.cells import KINDS
from rnnscope.findings import Finding
from rnnscope.sources import spans
from rnnscope.spans import calls, dotted, function_name, tree_of

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Scope: TypeAlias = Function | ast.Module
# Methods that hand a tensor on: with other numbers, dtype, memory or graph, and the same axes.
_CONVERTING = ("to", "type", "type_as", "float", "double", "half", "cuda", "cpu")
_FILLING = ("zero_", "fill_", "normal_", "uniform_", "requires_grad_")
_PASSING = frozenset(("contiguous", "detach", "clone", *_CONVERTING, *_FILLING))
_MOST = 300  # expressions that are looked at on the way back from one value
_DEEPEST = 8  # assignments and calls that are followed back from one value


class Code:
    """What is asked of a file's syntax tree, again and again while a repair is looked for."""

    def __init__(self, file: str, tree: ast.Module) -> None:
        self.file, self.tree = file, tree
        self.nodes = list(ast.walk(tree))
        self._assigned: dict[Scope | None, list[tuple[ast.expr, ast.expr]]] = {}
        self._parents = {c: n for n in self.nodes for c in ast.iter_child_nodes(n)}

    def text(self, node: ast.AST) -> str:
        """The node as it could be written, in one line."""
        return ast.unparse(node)

    def parent(self, node: ast.AST) -> ast.AST | None:
        """What a node is a part of."""
        return self._parents.get(node)

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        """Everything that a node is inside of, from the inside out."""
        outer = self.parent(node)
        while outer is not None:
            yield outer
            outer = self.parent(outer)

    def statement(self, node: ast.AST) -> ast.stmt:
        """The statement that a node is, or is a part of."""
        return next(n for n in (node, *self.around(node)) if isinstance(n, ast.stmt))

    def scope(self, node: ast.AST) -> Scope:
        """The function whose names a node sees, or the module."""
        return next((n for n in self.around(node) if isinstance(n, Function)), self.tree)

    def owner(self, node: ast.AST) -> ast.ClassDef | None:
        """The class that a node is inside of."""
        return next((n for n in self.around(node) if isinstance(n, ast.ClassDef)), None)

    def at(self, line: int) -> list[ast.expr]:
        """The expressions at a line: those that begin there first, outer ones before inner."""
        found = [n for n in self.nodes if isinstance(n, ast.expr) and spans(n, line)]
        return sorted(
            found, key=lambda n: (n.lineno != line, n.col_offset, -(n.end_col_offset or 0))
        )

    def calls_at(self, line: int, *names: str) -> list[ast.Call]:
        """The calls at a line, of functions or methods of these names if any are given."""
        found = [node for node in self.at(line) if isinstance(node, ast.Call)]
        return [node for node in found if not names or function_name(node) in names]

    def functions(self, name: str) -> list[Function]:
        """The functions and methods of a name."""
        return self._functions.get(name, [])

    @cached_property
    def _functions(self) -> dict[str, list[Function]]:
        found: dict[str, list[Function]] = {}
        for node in self.nodes:
            if isinstance(node, Function):
                found.setdefault(node.name, []).append(node)
        return found

    def calls(self, *names: str) -> list[ast.Call]:
        """Every call of a function, method or class of these names."""
        return [node for node in self._calls if function_name(node) in names]

    @cached_property
    def _calls(self) -> list[ast.Call]:
        return [node for node in self.nodes if isinstance(node, ast.Call)]

    def imports(self, name: str) -> bool:
        """True when the file has this name from somewhere else."""
        return any(isinstance(node, ast.alias) and node.name == name for node in self.nodes)

    def origins(self, node: ast.expr, deepest: int = _DEEPEST) -> Iterator[ast.expr]:
        """The expressions that a value comes from, the nearest first, itself included."""
        seen: list[ast.expr] = [node]
        for _ in range(deepest):
            further = [s for n in seen for s in self._sources(n) if s not in seen]
            if not further:
                break
            seen += dict.fromkeys(further)
        yield from seen

    def ancestors(self, node: ast.expr) -> Iterator[ast.expr]:
        """All that a value is computed from, the nearest first, as far as the file tells."""
        seen: dict[ast.expr, None] = {node: None}
        waiting = [node]
        while waiting and len(seen) < _MOST:
            near = waiting.pop(0)
            yield near
            inner = [n for n in ast.walk(near) if isinstance(n, ast.expr) and n is not near]
            fresh = [n for n in (*inner, *self._sources(near)) if n not in seen]
            seen.update(dict.fromkeys(fresh))
            waiting += fresh

    def constructor(self, function: ast.expr, *names: str) -> ast.Call | None:
        """The call that built the layer which is called here, of the recurrent ones by default."""
        test = calls(*(names or KINDS))
        for origin in self.origins(function):
            inner = [n for n in ast.walk(origin) if isinstance(n, ast.Call) and test(n)]
            if inner and isinstance(origin, (ast.Call, ast.List, ast.ListComp)):
                return inner[0]
        return None

    def layer_calls(self, line: int) -> list[ast.Call]:
        """The calls of recurrent layers at a line."""
        return [call for call in self.calls_at(line) if self.constructor(call.func) is not None]

    def _sources(self, node: ast.expr) -> Iterator[ast.expr]:
        """One step back: what was assigned, given or returned."""
        if isinstance(node, ast.Name):
            yield from self._of_name(node)
        elif isinstance(node, ast.Attribute):
            yield from self._of_attribute(node)
        elif isinstance(node, ast.Call):
            yield from self._of_call(node)
        elif isinstance(node, ast.IfExp):
            yield from (node.body, node.orelse)
        elif isinstance(node, ast.Subscript):
            yield node.value

    def _of_name(self, node: ast.Name) -> Iterator[ast.expr]:
        scope = self.scope(node)
        made = [pair for pair in self.assigned(scope) if _is_named(pair[0], node.id)]
        before = [value for target, value in made if target.lineno < node.lineno]
        yield from reversed(before or [value for _, value in made])
        if not isinstance(scope, ast.Module):
            yield from self._given(scope, node.id)
            if not made:
                module = [v for t, v in self.assigned(self.tree) if _is_named(t, node.id)]
                yield from reversed(module)

    def _of_attribute(self, node: ast.Attribute) -> Iterator[ast.expr]:
        if node.attr == "data":
            yield node.value
            return
        made = [
            (self.owner(target) is self.owner(node), value)
            for target, value in self.assigned(None)
            if isinstance(target, ast.Attribute) and target.attr == node.attr
        ]
        own = [value for is_own, value in made if is_own and dotted(node.value) == "self"]
        yield from own or [value for _, value in made]

    def _of_call(self, node: ast.Call) -> Iterator[ast.expr]:
        built = {n for o in self.origins(node.func, 2) for n in _built(o)}
        for value in self._returned_by(node, built):
            yield from (value, *(value.elts if isinstance(value, ast.Tuple) else ()))
        name = function_name(node)
        if name in _PASSING and isinstance(node.func, ast.Attribute):
            yield node.func.value

    def _returned_by(self, call: ast.Call, built: Collection[str]) -> Iterator[ast.expr]:
        """What the user's function returns, or the ``forward`` of one of these classes."""
        forwards = [f for f in self.functions("forward") if _name_of(self.owner(f)) in built]
        for function in self.functions(function_name(call)) or forwards:
            yield from self.returned(function)

    @cached_property
    def _instances(self) -> dict[str, set[str]]:
        """What is called for each name that is assigned: the class, where it is an instance."""
        found: dict[str, set[str]] = {}
        for node in self.nodes:
            if isinstance(node, ast.Assign):
                for target, value in _pairs(node.targets[0], node.value):
                    found.setdefault(_last_name(target), set()).update(_built(value))
        return found

    def returned(self, function: Function) -> Iterator[ast.expr]:
        """What a function returns."""
        for node in ast.walk(function):
            if isinstance(node, ast.Return) and node.value and self.scope(node) is function:
                yield node.value

    def assigned(self, scope: Scope | None) -> list[tuple[ast.expr, ast.expr]]:
        """Each target with its value in a scope, or anywhere; of tuples part by part."""
        if scope not in self._assigned:
            self._assigned[scope] = list(self._assignments(scope))
        return self._assigned[scope]

    def _assignments(self, scope: Scope | None) -> Iterator[tuple[ast.expr, ast.expr]]:
        for node in self.nodes if scope is None else ast.walk(scope):
            if scope is not None and isinstance(node, ast.stmt) and self.scope(node) is not scope:
                continue
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    yield from self._parted(target, node.value)
            elif isinstance(node, ast.AnnAssign) and node.value is not None:
                yield node.target, node.value
            elif isinstance(node, ast.For):
                yield from _pairs(node.target, node.iter)

    def _parted(self, target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
        """A target with its value; of a call of the user's that returns tuples, part by part."""
        parts = target.elts if isinstance(target, (ast.Tuple, ast.List)) else []
        returned: list[ast.expr] = []
        if parts and isinstance(value, ast.Call):
            built = self._instances.get(_last_name(value.func), set())
            returned = list(self._returned_by(value, built))
        tuples = [r for r in returned if isinstance(r, ast.Tuple) and len(r.elts) == len(parts)]
        if not tuples or len(tuples) != len(returned):
            yield from _pairs(target, value)
            return
        for each in tuples:
            yield from _pairs(target, each)

    def _given(self, function: Function, name: str) -> Iterator[ast.expr]:
        """What the callers give for a parameter, and its default."""
        plain = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
        if name not in plain:
            return
        place = plain.index(name) - (plain[0] in ("self", "cls"))
        for call in self.callers(function):
            named = [each.value for each in call.keywords if each.arg == name]
            yield from named or call.args[place : place + 1]
        behind = len(plain) - plain.index(name)
        if behind <= len(function.args.defaults):
            yield function.args.defaults[-behind]

    def callers(self, function: Function) -> list[ast.Call]:
        """The calls of a function, or of the instances whose ``forward`` it is."""
        owner = self.owner(function)
        if owner is None or function.name not in ("__init__", "forward", "__call__"):
            return self.calls(function.name)
        if function.name == "__init__":
            return self.calls(owner.name)
        built = [t for t, v in self.assigned(None) if owner.name in _built(v)]
        names = {dotted(target) for target in built} - {""}
        every = [n for n in self.nodes if isinstance(n, ast.Call)]
        return [n for n in every if dotted(n.func) in names or function_name(n.func) == owner.name]


def _built(value: ast.expr) -> set[str]:
    return {function_name(node) for node in ast.walk(value)}


def _name_of(owner: ast.ClassDef | None) -> str:
    return owner.name if owner is not None else ""


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else dotted(node)


def _is_named(target: ast.expr, name: str) -> bool:
    return isinstance(target, ast.Name) and target.id == name


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    parts = target.elts if isinstance(target, (ast.Tuple, ast.List)) else None
    if parts is None:
        yield target, value
        return
    values = value.elts if isinstance(value, (ast.Tuple, ast.List)) else [value] * len(parts)
    for one, other in zip(parts, values, strict=False):
        yield from _pairs(one, other)


@lru_cache(maxsize=16)
def code_of(file: str) -> Code | None:
    """A file's nodes; None where it cannot be read."""
    tree = tree_of(file)
    return Code(file, tree) if tree is not None else None


def line_of(finding: Finding) -> int:
    """The line of a finding; 0, where no expression is, for one without a place."""
    return finding.location.line if finding.location else 0
