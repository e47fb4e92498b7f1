"""Writes tests/data/golden, what each format makes of sessions/examples: `python -m tools.golden_reports`.

Look at what has changed in them before you commit: the tests only say that something did.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from tui.report.formats.registry import FORMATS
from tui.report.render import aggregated
from tui.storage.session_files import load_sessions

TOP = Path(__file__).parents[1]
EXAMPLES = TOP / "sessions" / "examples"
GOLDEN = TOP / "tests" / "data" / "golden"


def golden_reports() -> Iterator[tuple[str, str]]:
    """The name of each file, and what it holds: the examples in every format that is text."""
    report = aggregated(load_sessions([EXAMPLES]), answers=True)
    for form in FORMATS:
        yield f"report{form.suffix}", form.render(report)


if __name__ == "__main__":
    os.environ.pop("COLUMNS", None)
    GOLDEN.mkdir(exist_ok=True)
    for name, text in golden_reports():
        (GOLDEN / name).write_text(text, encoding="utf-8", newline="\n")
