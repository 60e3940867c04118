"""A torch that fails while it is imported: the traceback is that of the program alone."""

import sys
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).with_name("broken")))
try:
    import torch  # noqa: F401
except RuntimeError:
    traceback.print_exc()
    sys.modules.pop("torch", None)
raise SystemExit(3)
