"""Markdown: the tables of the report, for an issue, a notebook or a wiki."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rnnscope.axes import shape_text
from rnnscope.dependence.telling import in_brief
from rnnscope.findings import Finding
from rnnscope.formats import values
from rnnscope.formats.heading import standing
from rnnscope.reasons import sentence
from rnnscope.results import LayerResult, Result


def render(result: Result, width: int = 80) -> str:
    """Headings and tables; ``width`` has no meaning here."""
    lines: list[str] = []
    for finding in result.findings:
        lines += _finding(finding)
    if result.conclusion:
        lines += [result.conclusion, ""]
    for layer in result.layers:
        lines += _layer(layer)
    for _, found in result.behaviours:
        lines += ["```text", *in_brief(found), "```", ""]
    if result.outcome is not None and result.outcome.exception:
        lines += [f"**{result.outcome.exception}**: {result.outcome.message}", ""]
    return "\n".join(lines).rstrip()


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """A table in Markdown, with an empty line after it."""
    body = [[str(cell).replace("|", "\\|") for cell in row] for row in rows]
    rule = ["---"] * len(head)
    return [*(f"| {' | '.join(cells)} |" for cells in [list(head), rule, *body]), ""]


def _finding(finding: Finding) -> Iterator[str]:
    place = f"`{finding.location}` " if finding.location else ""
    yield f"- {place}**{finding.code} {finding.severity}** {finding.message}"
    for related in finding.related:
        yield f"  - `{related.location}` {related.message}"
    if finding.proof:
        yield f"  - proof: {finding.proof}"
    if finding.repair is not None:
        yield f"  - repair{', tried' if finding.repair.tried else ''}:"
        yield from ("", "    ```diff", *_code(finding.repair.text), "    ```")
    elif finding.fix:
        yield f"  - fix: `{finding.fix}`"
    yield ""


def _code(text: str) -> Iterator[str]:
    return (f"    {line}" for line in text.splitlines())


def _layer(layer: LayerResult) -> Iterator[str]:
    path = f"{', '.join(layer.paths)}: " if layer.paths else ""
    yield from (
        f"## {path}`{layer.facts.config}`",
        "",
        *(line.plain for line in standing(layer)),
        "",
    )
    if layer.facts.tensors:
        yield from ("### Tensors", "")
        yield from table(
            ("tensor", "symbols", "shape", "measured", "axes"),
            [
                (
                    t.name,
                    f"`{t.axes.symbols}`",
                    f"`{shape_text(t.shape)}`",
                    _mark(layer, t.name),
                    "; ".join(_axis_words(layer, t.name)),
                )
                for t in layer.facts.tensors
            ],
        )
    if layer.facts.slots:
        yield from ("### State slots", "")
        rows = [(f"[{s.index}]", s.layer, s.direction) for s in layer.facts.slots]
        yield from table(("slot", "layer", "direction"), rows)
    yield from _packed(layer)
    yield from _parameters(layer)


def _axis_words(layer: LayerResult, name: str) -> Iterator[str]:
    tensor = layer.facts.tensor(name)
    for axis in tensor.axes if tensor else ():
        why = sentence(axis.because, layer.facts.config) if axis.because else ""
        yield f"{axis.size.symbol} {axis.role}: {why}"


def _packed(layer: LayerResult) -> Iterator[str]:
    packed = layer.facts.packed
    if packed is None:
        return
    yield from ("### Packed", "")
    rows: list[tuple[str, object]] = [
        ("batch_sizes", list(packed.batch_sizes)),
        ("sorted_indices", packed.sorted_indices),
        ("unsorted_indices", packed.unsorted_indices),
        ("real steps", f"{packed.real_steps} of {packed.padded_steps}"),
        ("pad_packed_sequence(output)", packed.padded_output),
    ]
    yield from table(("field", "value"), rows)


def _parameters(layer: LayerResult) -> Iterator[str]:
    facts = layer.facts
    yield from (f"### Parameters: {facts.parameter_count:,}, {facts.parameter_bytes:,} bytes", "")
    yield from table(
        ("name", "symbols", "shape", "gate_size multiple", "numbers", "measured"),
        [
            (
                p.name,
                f"`{p.axes.symbols}`",
                f"`{shape_text(p.shape)}`",
                p.gate_multiple or "",
                f"{p.numel:,}",
                _mark(layer, p.name),
            )
            for p in facts.parameters
        ],
    )
    stacked = [p for p in facts.parameters[:4] if p.rows]
    rows = [
        (f"{r.start}-{r.stop - 1}", " ".join(p.rows[i].block for p in stacked), r.gate.name)
        for i, r in enumerate(stacked[0].rows)
    ]
    yield from table(("rows", "blocks", "gate"), rows)
    if layer.values:
        yield from ("### Values", "")
        blocks = [(b.parameter, *values.cells(b)) for b in layer.values.blocks]
        yield from table(("parameter", *values.HEAD), blocks)
        yield from (f"- {line}" for line in values.lines(layer.values))
    if facts.macs is not None:
        yield from (f"Multiply-accumulates of one forward: {facts.macs:,}", "")


def _mark(layer: LayerResult, name: str) -> str:
    measured = layer.measured
    found = (measured.tensor(name) or measured.parameter(name)) if measured else None
    if found is None:
        return "predicted only"
    wrong = next((d for d in layer.differences if d.name == name), None)
    return "yes" if wrong is None else f"**NO**: {wrong.field} {wrong.actual}"
