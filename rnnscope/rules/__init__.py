"""The catalogue of mistakes: one rule a file, found by its file name ``rnn<code>_<name>.py``.

A rule is a generator over one type of subject; its docstring is its documentation, its example
and its test. Adding a file adds the rule: nothing else lists them.
"""

from __future__ import annotations

from rnnscope.rules.registry import Problem, Rule, all_rules, examine, rule, rule_named

__all__ = ["Problem", "Rule", "all_rules", "examine", "rule", "rule_named"]
