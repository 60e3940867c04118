"""What the rules about constructions share."""

from __future__ import annotations

from typing import Any

from rnnscope.cells import KINDS
from rnnscope.subjects import Construction


def given(construction: Construction) -> dict[str, Any]:
    """The options as they were written, by name, before anything was converted."""
    kind = KINDS.get(construction.kind)
    names = kind.options if kind else ()
    return dict(zip(names, construction.args, strict=False)) | dict(construction.kwargs)
