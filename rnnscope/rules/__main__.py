"""``python -m rnnscope.rules FOLDER`` writes the pages of all rules, for a documentation."""

from __future__ import annotations

import sys
from pathlib import Path

from rnnscope.rules.documentation import write

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m rnnscope.rules FOLDER")
    write(Path(sys.argv[1]))
