"""The same weights in other frameworks' layouts.

table        the one table: names, order of gates, transposed or not, biases, with its sources
rows         explain --as: which array holds a parameter, and how
conversion   convert(): weights over and back; needs torch, the other two do not
"""

from __future__ import annotations

from rnnscope.layouts.rows import Layouts, layouts_of
from rnnscope.layouts.table import LAYOUTS, Array, CellLayout, Join, Layout, layout_named

__all__ = [
    "LAYOUTS",
    "Array",
    "CellLayout",
    "Join",
    "Layout",
    "Layouts",
    "layout_named",
    "layouts_of",
]
