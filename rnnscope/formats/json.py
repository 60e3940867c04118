"""JSON: ``Result.to_dict`` and nothing else."""

from __future__ import annotations

import json

from rnnscope.results import Result


def render(result: Result, width: int = 80) -> str:
    """Indented JSON, keys in the order of the schema; ``width`` has no meaning here."""
    return json.dumps(result.to_dict(), indent=2, ensure_ascii=False, allow_nan=False)
