"""The catalogue of mistakes: one rule a file, found by its file name ``rnn<code>_<name>``.

A rule that decides something is Python: a generator over one type of subject, whose docstring is
its documentation, its example and its test. One that only words a message of torch, or what was
found elsewhere, is a page in ``pages/``. Adding a file adds the rule: nothing else lists them.
"""

from __future__ import annotations

from rnnscope.rules.registry import Problem, Rule, all_rules, examine, rule, rule_named

__all__ = ["Problem", "Rule", "all_rules", "examine", "rule", "rule_named"]
