"""A Windows program in a console: Wine makes one of a pseudo-terminal, and keys of what is typed into that."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tools.windows_lab.lab import Lab

PATIENCE_S = 240.0


class Console:
    """One program in a console of its own. What it paints is read and thrown away: Wine knows no escape sequences."""

    def __init__(self, lab: Lab, arguments: Sequence[str], extra: Mapping[str, str], folder: Path) -> None:
        """Start the Windows Python with these arguments, as it was installed."""
        command, environment = lab.command(*arguments), lab.environment(None, extra) | {"TERM": "xterm-256color"}
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            try:
                os.chdir(folder)
                os.execve(command[0], command, environment)
            finally:
                os._exit(127)
        self.code: int | None = None
        self.resize(80, 24)

    def resize(self, columns: int, rows: int) -> None:
        """Give the console another size."""
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys: bytes) -> None:
        """Type these keys."""
        os.write(self._terminal, keys)

    def until(self, holds: Callable[[], bool]) -> None:
        """Go on until this holds. Raises AssertionError when it never does, or the program ends before."""
        self._wait(lambda: holds() or self.code is not None)
        assert holds(), f"it ended with {self.code} before its time"

    def ended(self) -> int:
        """Its exit code, once it has ended."""
        self._wait(lambda: self.code is not None)
        assert self.code is not None
        return self.code

    def close(self) -> None:
        """End it, if it runs still."""
        if self.code is None:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        os.close(self._terminal)

    def _wait(self, over: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not over():
            assert time.monotonic() < deadline, "it never came to hold"
            readable, _, _ = select.select([self._terminal], [], [], 0.2)
            try:
                if readable:
                    os.read(self._terminal, 65_536)
            except OSError:
                pass  # Nobody has the other end any more.
            if self.code is None:
                pid, status = os.waitpid(self._pid, os.WNOHANG)
                self.code = os.waitstatus_to_exitcode(status) if pid else None
