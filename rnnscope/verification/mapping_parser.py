"""Reading a mapping that a person writes, in the words in which mappings are printed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping as Dictionary

from rnnscope.config import RNNConfig
from rnnscope.errors import TargetError
from rnnscope.verification.mapping import (
    NOTHING,
    UNKNOWN,
    Block,
    Form,
    Mapping,
    Part,
    Placement,
    Shape,
    blocks_of,
)

_EXAMPLE = '--map "W = weight_ih_l0[i f g o].T; b = bias_ih_l0[i f g o] + bias_hh_l0[i f g o]"'
_TERM = re.compile(r"^(\w+?)(?:\[([\w\s,]+)\])?$")


def read_mapping(
    text: str, config: RNNConfig, shapes: Dictionary[str, Shape], own: Dictionary[str, Shape]
) -> Mapping:
    """``W = weight_ih_l0[i f g o].T; b = …`` as a mapping of the parameters that it names.

    Raises TargetError, which names the part that does not read.
    """
    blocks = {(b.tensor, b.gate): b for b in blocks_of(config, shapes)}
    placements = []
    for entry in _split(text, ";\n"):
        name, equals, right = entry.partition("=")
        name = name.strip()
        if right.strip() in (NOTHING, UNKNOWN):
            continue
        if not equals or name not in own:
            raise TargetError(
                f"--map {entry!r} names no parameter: the layer has "
                f"{', '.join(own)}; as in {_EXAMPLE}."
            )
        placements.append(_placement(name, own[name], right.strip(), blocks))
    return Mapping(config, tuple(shapes.items()), tuple(placements))


def _placement(
    name: str, shape: Shape, text: str, blocks: Dictionary[tuple[str, str | None], Block]
) -> Placement:
    transposed = text.endswith(".T")
    text = text.removesuffix(".T").strip()
    whole = _inside(text)
    columns = _split(whole, "|") if whole is not None and len(_split(whole, "|")) > 1 else [text]
    parts = [list(_column(column.strip(), blocks)) for column in columns]
    if len({len(column) for column in parts}) != 1:
        raise TargetError(f"--map {name} = {text!r}: its columns hold different numbers of gates.")
    grid = tuple(zip(*parts, strict=True))
    firsts = [row[0][0] for row in grid if row[0]]
    vector = bool(firsts) and len(firsts[0].shape) == 1
    rows = tuple(block.shape[0] for block in firsts)
    widths = tuple(column[0][0].shape[-1] for column in parts if column[0])
    form = Form(
        "vector" if vector else "transposed" if transposed else "matrix",
        rows,
        (1,) if vector else widths,
    )
    size, holds = 1, sum(rows) * sum(form.columns)
    for n in shape:
        size *= n
    if size != holds:
        raise TargetError(
            f"--map {name} = {text!r} describes {holds} numbers, and {name} {shape} has {size}."
        )
    return Placement(name, shape, form, grid)


def _column(text: str, blocks: Dictionary[tuple[str, str | None], Block]) -> Iterator[Part]:
    inside = _inside(text)
    for run in _split(inside if inside is not None else text, ";"):
        terms = [list(_term(term.strip(), blocks)) for term in run.split("+")]
        if len({len(term) for term in terms}) != 1:
            raise TargetError(f"--map {run!r}: the two sides of + hold different numbers of gates.")
        yield from zip(*terms, strict=True)


def _term(text: str, blocks: Dictionary[tuple[str, str | None], Block]) -> Iterator[Block]:
    found = _TERM.match(text)
    if not found:
        raise TargetError(f"--map {text!r} does not read; write it as in {_EXAMPLE}.")
    tensor, gates = found.groups()
    own = [gate for name, gate in blocks if name == tensor]
    wanted = re.split(r"[\s,]+", gates.strip()) if gates else own
    for gate in wanted:
        if (tensor, gate) not in blocks:
            known = ", ".join(dict.fromkeys(name for name, _ in blocks))
            raise TargetError(f"--map {text!r}: torch has no {tensor}[{gate}]; it has {known}.")
        yield blocks[tensor, gate]


def _inside(text: str) -> str | None:
    """What stands between one outer pair of brackets, if the text is nothing else."""
    if not text.startswith("["):
        return None
    depth = 0
    for index, letter in enumerate(text):
        depth += (letter == "[") - (letter == "]")
        if not depth:
            return text[1:-1].strip() if index == len(text) - 1 else None
    return None


def _split(text: str, marks: str) -> list[str]:
    """Split at marks that stand outside of brackets."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter == "[") - (letter == "]")
        if letter in marks and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]
