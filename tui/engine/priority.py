"""Asks the system to run the engine before other programs, so that its clock is read when something arrives."""

from __future__ import annotations

import sys

STEP = 5
"""How much nicer to itself the engine is than the program that started it, where that is a number."""


def raise_priority() -> str:
    """Try it; whether it was granted: `raised`, or `normal` when the system refuses, which is not an error."""
    import psutil

    process = psutil.Process()
    try:
        if sys.platform == "win32":
            process.nice(psutil.ABOVE_NORMAL_PRIORITY_CLASS)
        else:
            process.nice(max(process.nice() - STEP, -20))
    except (psutil.Error, OSError):
        return "normal"
    return "raised"
