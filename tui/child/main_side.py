"""A child's own end of its pipes to the main program: it lives as long as its stdin."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import NoReturn

from tui.background import start


def leave_signals_to_the_program() -> None:
    """What ends the program ends this process through its stdin alone, so that the program says how what it asks for
    ends: Ctrl+C, a lost line, and SIGTERM where it is sent to the whole group, as `timeout` does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform != "win32":
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        # Not SIG_IGN, nor left blocked: what an adapter starts would inherit that, and could not be terminated.
        signal.signal(signal.SIGTERM, lambda number, frame: None)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


class MainSide:
    """Ties this process to the program that started it; make one before anything else.

    When the program goes, however it dies, stdin ends: `gone` is set, and `grace` seconds later the process is gone.
    No signal that ends the program ends it. Whatever libraries print to stdout goes to stderr, and whatever they
    read from stdin is empty.
    """

    def __init__(self, grace: float = 0.0, hear: Callable[[bytes], None] | None = None) -> None:
        """`hear` is called in a thread with each line that the program says; it must not raise."""
        leave_signals_to_the_program()
        self.gone = threading.Event()
        self._grace = grace
        self._hear = hear
        self._saying = threading.Lock()
        self._stdin, self._stdout = os.dup(0), os.dup(1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        # From the first moment, so that a program that dies while this process starts leaves nothing behind.
        start(self._leave_with_stdin, "stdin")

    def say(self, line: bytes) -> None:
        """Write a line for the program, from any thread. Raises OSError when it is gone."""
        with self._saying:
            while line:
                line = line[os.write(self._stdout, line) :]

    def leave(self, line: bytes, code: int = 0) -> NoReturn:
        """Write a last line for the program, if it is still there, and end this process at once with this exit code."""
        try:
            self.say(line)
        finally:
            os._exit(code)

    def _leave_with_stdin(self) -> None:
        try:
            with os.fdopen(self._stdin, "rb") as stdin:
                for line in stdin:
                    if self._hear is not None:
                        self._hear(line)
        finally:
            self.gone.set()
            time.sleep(self._grace)
            os._exit(0)
