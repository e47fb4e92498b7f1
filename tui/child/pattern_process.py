"""A process that looks for patterns: a pattern and a text in on stdin, whether it is found out on stdout."""

from __future__ import annotations

import faulthandler
import os
import sys
from queue import SimpleQueue

from tui.child.line_protocol import encode_line
from tui.child.main_side import MainSide
from tui.child.pattern_search import answer


def main() -> None:
    """Look for what is asked for, until stdin ends."""
    asked: SimpleQueue[bytes] = SimpleQueue()
    program = MainSide(hear=asked.put)
    # A program that is gone is not noticed while a pattern is looked for: no other thread runs then.
    alone_s = 2 * float(sys.argv[1])
    nowhere = os.open(os.devnull, os.O_WRONLY)
    program.say(encode_line({"ready": True}))
    while True:
        line = asked.get()
        faulthandler.dump_traceback_later(alone_s, exit=True, file=nowhere)
        said = answer(line)
        faulthandler.cancel_dump_traceback_later()
        program.say(said)


if __name__ == "__main__":
    main()
