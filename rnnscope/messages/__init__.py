"""What torch's messages mean: texts of torch 2.2 to 2.15, and older ones, read back into subjects.

The one place that parses them. Each table holds templates in which ``{name}`` varies, in the order
in which they are tried, and what a match means: the name of the rule that explains it, or a
function that makes the call or the construction which torch complained about.
"""

from __future__ import annotations

from rnnscope.messages.reader import Possibility, possibilities

__all__ = ["Possibility", "possibilities"]
