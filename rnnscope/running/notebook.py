"""Findings in the cell that was run, where the code runs in IPython or Jupyter."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rnnscope.report import Report


def show(report: Report) -> bool:
    """Display the findings below the running cell, if there are any. False without IPython."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is None:
        return False
    if report.findings:
        import_module("IPython.display").display(report._repr_mimebundle_(), raw=True)
    return True
