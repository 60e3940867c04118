"""What torch's messages mean: texts of torch 2.2 to 2.15, and older ones, read back into subjects.

The one place that parses them. A text that a page explains is a template in that page. The tables
here hold those that tell of a call or a construction: the template, and a function that makes the
call or the construction which torch complained about.
"""

from __future__ import annotations

from rnnscope.messages.reader import Possibility, possibilities

__all__ = ["Possibility", "possibilities"]
