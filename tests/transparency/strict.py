"""Where warnings are errors nothing of a watch is one."""

import patched_forward  # noqa: F401
import threads  # noqa: F401
import transforms  # noqa: F401
