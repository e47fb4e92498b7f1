"""What is reported when the screen crashes: where and why, and no variable's value.

Textual prints a traceback with the locals of every frame, which may hold an API key. It prints to its `error_console`,
so that console writes into memory here, and only the frames and the last line are reported.
"""

from __future__ import annotations

import io
import re

from rich.console import Console

_FRAME = re.compile(r"^│ (?P<where>\S.*:\d+ in \S+)\s*│$")
_BOX = "╭╰│"


class CrashLog:
    """Takes the place of an app's error console, and reports what is safe to show."""

    def __init__(self) -> None:
        self._text = io.StringIO()
        self.console = Console(file=self._text, width=200, color_system=None, markup=False, highlight=False)

    def summary(self) -> str | None:
        """The frames, innermost last, and the error; None when nothing broke."""
        from tui.net.secrets import redacted

        lines = self._text.getvalue().splitlines()
        frames = [found["where"] for line in lines if (found := _FRAME.match(line))]
        errors = [line for line in lines if line.strip() and line[0] not in _BOX]
        return redacted("\n".join([*(f"  {frame}" for frame in frames), *errors[:1]])) if lines else None
