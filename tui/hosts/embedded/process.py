"""A process with the Foundry Local SDK in it: start it, hear its lines, end it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable

from tui.core.errors import NoHostError
from tui.hosts.embedded.protocol import MAX_LINE

ANOTHER_HOST = "A model server can be used instead: --host http://127.0.0.1:8000"
LAST_WORDS = 4000
"""Characters of the process's stderr that are read."""
LEAVE_S = 0.5
KILL_S = 0.5

if sys.platform == "win32":
    _FLAGS = subprocess.CREATE_NO_WINDOW
else:
    _FLAGS = 0


class Process:
    """One run of a module of this package, from its start to its end. Its methods may be called from any thread.

    It leaves when its stdin ends, and so never outlives the program.
    """

    def __init__(self, module: str, *arguments: str, hear: Callable[[bytes], None]) -> None:
        """Start it. `hear` is called in a thread with each line that it says, and with nothing when it says no more.

        Raises NoHostError when no process can be started.
        """
        # `-P` keeps a folder called `tui` in the working directory from being imported instead.
        command = [sys.executable, "-P", "-m", module, *arguments]
        self._hear = hear
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        self._ending = threading.Lock()
        self._writing = threading.Lock()
        self._last_words: str | None = None
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._complaints,
                creationflags=_FLAGS,
            )
        except OSError as error:
            self._complaints.close()
            raise NoHostError("The embedded runtime cannot be started", str(error), ANOTHER_HOST) from error
        self._reader = threading.Thread(target=self._read, name="embedded runtime", daemon=True)
        self._reader.start()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    @property
    def code(self) -> int | None:
        """Its exit code; None while it runs."""
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
        """End the process, within a second, and return what it last wrote on stderr. Ending it again is harmless."""
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
        if not self.died(LEAVE_S):
            self._process.kill()
            self.died(KILL_S)
        with self._complaints as complaints:
            complaints.seek(0, os.SEEK_END)
            complaints.seek(max(complaints.tell() - LAST_WORDS, 0))
            return complaints.read().decode("utf-8", "replace").strip()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as pipe:
            while line := pipe.readline(MAX_LINE):
                self._hear(line)
        self._hear(b"")
