"""Whether the child processes of this one start with us."""

from __future__ import annotations

import os
import sys

VARIABLE = "AIPROV_WORKERS"  # set for children that start with us
STEM = "jupyter_aiprov_workers"


def children_follow() -> bool:
    """True when the variable is set and the start-up file is in place."""
    if not os.environ.get(VARIABLE):
        return False
    return any(os.path.exists(os.path.join(place, f"{STEM}.pth")) for place in sys.path)  # noqa: PTH110, PTH118 - stats
