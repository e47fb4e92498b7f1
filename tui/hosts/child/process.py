"""The program's end of a process that serves models: start a module, hear its lines, end it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping

MAX_LINE = 65_536
LAST_WORDS = 4000
"""Bytes of the process's stderr that are read, from its end."""
KILL_S = 0.5

if sys.platform == "win32":
    NO_WINDOW = subprocess.CREATE_NO_WINDOW
else:
    NO_WINDOW = 0
"""The `creationflags` of a process that opens no window of its own."""


class Process:
    """One run of one of our modules, from its start to its end. Its methods may be called from any thread.

    It leaves when its stdin ends (`tether.py`), and so never outlives the program.
    """

    def __init__(
        self,
        module: str,
        *arguments: str,
        environment: Mapping[str, str],
        hear: Callable[[bytes], None],
        leave: float = 0.5,
        max_line: int = MAX_LINE,
    ) -> None:
        """Start it. `hear` is called in a thread with each line that it says, and with nothing when it says no more.

        `environment` is all that it is given (`environment_of`); `leave` is how many seconds it may take to leave
        before it is killed. Raises OSError when no process can be started.
        """
        self._hear = hear
        self._leave = leave
        self._max_line = max_line
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        self._ending = threading.Lock()
        self._writing = threading.Lock()
        self._last_words: str | None = None
        try:
            self._process = subprocess.Popen(
                python_module(module, *arguments),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._complaints,
                env=environment,
                creationflags=NO_WINDOW,
            )
        except OSError:
            self._complaints.close()
            raise
        threading.Thread(target=self._read, name=module, daemon=True).start()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    @property
    def code(self) -> int | None:
        """Its exit code, or the negative number of the signal that ended it; None while it runs."""
        return self._process.poll()

    def say(self, line: bytes) -> None:
        """Write a line to its stdin. Raises OSError or ValueError when nobody reads there any more."""
        assert self._process.stdin is not None
        with self._writing:
            self._process.stdin.write(line)
            self._process.stdin.flush()

    def died(self, within: float) -> bool:
        """Whether the process has ended, or does so within this many seconds."""
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self) -> str:
        """End the process, and return what it last wrote on stderr. Ending it again is harmless."""
        with self._ending:
            if self._last_words is None:
                self._last_words = self._end()
            return self._last_words

    def _end(self) -> str:
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
        except OSError:
            pass  # what could not be written is lost on a process that is gone
        if not self.died(self._leave):
            self._process.kill()
            self.died(KILL_S)
        with self._complaints as complaints:
            complaints.seek(0, os.SEEK_END)
            complaints.seek(max(complaints.tell() - LAST_WORDS, 0))
            return complaints.read().decode("utf-8", "replace").strip()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as pipe:
            while line := pipe.readline(self._max_line):
                self._hear(line)
        self._hear(b"")


def python_module(name: str, *arguments: str) -> list[str]:
    """The command that runs one of our modules."""
    # `-P` keeps a folder called `tui` in the working directory from being imported instead.
    return [sys.executable, "-P", "-m", name, *arguments]


def how_it_ended(code: int | None) -> str:
    """A process's end in words."""
    if code is None:
        return "It does not answer"
    try:
        words = signal.strsignal(-code) if code < 0 else None
    except ValueError:
        words = None
    return f"It was ended by signal {-code} ({words})" if words else f"It ended with code {code}"
