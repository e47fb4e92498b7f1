"""A process that reads session files for the index: paths in on stdin, what is in the files out on stdout.

Reading thousands of files takes a processor for a minute, and would hold up the screen if it shared a process with it.
"""

from __future__ import annotations

import os
from queue import SimpleQueue

from tui.child.main_side import MainSide
from tui.storage.index.readers import answer, files_of


def main() -> None:
    """Read what is asked for, until stdin ends."""
    asked: SimpleQueue[bytes] = SimpleQueue()
    program = MainSide(hear=asked.put)
    if hasattr(os, "nice"):
        os.nice(5)  # What answers and paints comes first.
    while True:
        for number, path in files_of(asked.get()):
            program.say(answer(number, path))


if __name__ == "__main__":
    main()
