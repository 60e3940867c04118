"""``python -m rnnscope.rules > docs/rules.md`` writes the page of all rules."""

from __future__ import annotations

import sys

from rnnscope.rules.page import page

sys.stdout.write(page())
