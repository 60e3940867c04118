"""Findings in the cell that was run, where the code runs in IPython or Jupyter."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rnnscope.report import Report


def show(report: Report) -> None:
    """Display the report below the running cell; without IPython, or without findings, nothing."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is None or not report.findings:
        return
    display = import_module("IPython.display").display
    display(report._repr_mimebundle_(), raw=True)
