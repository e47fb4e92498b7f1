"""The program's end of the runtime's process: start it, hear its line, end it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from tui.core.errors import BadInputError, NoHostError
from tui.hosts.embedded.protocol import MAX_LINE, Ready, Refused, decode, plain

ANOTHER_HOST = "A model server can be used instead: --host http://127.0.0.1:8000"
LAST_WORDS = 600
"""Characters of the process's stderr that an error message repeats."""
LEAVE_S = 0.5
KILL_S = 0.5

if sys.platform == "win32":
    _FLAGS = subprocess.CREATE_NO_WINDOW
else:
    _FLAGS = 0


class Child:
    """One run of the runtime's process, from its start to its end. Its methods may be called from any thread."""

    def __init__(self, folder: Path, bundle: Path) -> None:
        """Start it; `folder` is for the runtime's own files. Raises NoHostError when no process can be started."""
        # `-P` keeps a folder called `tui` in the working directory from being imported instead.
        command = [sys.executable, "-P", "-m", "tui.hosts.embedded", str(folder), str(bundle)]
        self._folder = folder
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        self._ending = threading.Lock()
        self._last_words: str | None = None
        self._line = b""
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

    def ready(self, timeout: float) -> Ready:
        """What the process said once it served, at most `timeout` seconds from now.

        Raises NoHostError when it does not get that far; the process is ended then.
        """
        self._reader.join(timeout)
        late = self._reader.is_alive()
        try:
            message = decode(self._line) if self._line else None
        except (ValueError, BadInputError):
            message = None
        if isinstance(message, Ready):
            return message
        words = self.end()
        if isinstance(message, Refused):
            raise self._refusal(message)
        what = f"It was not ready after {timeout:g} s" if late else f"It ended with code {self._process.returncode}"
        raise NoHostError("The embedded runtime did not start", f"{what}. {words}".rstrip(), ANOTHER_HOST)

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
            pass  # nothing was ever written, so nothing is lost with a process that is gone
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
            self._line = pipe.readline(MAX_LINE)

    def _refusal(self, message: Refused) -> NoHostError:
        why = plain(message.why)
        if message.no_sdk:
            return NoHostError("The embedded runtime is not available on this platform", why, ANOTHER_HOST)
        hint = f"If this stays, delete the folder {self._folder} and start again. {ANOTHER_HOST}"
        return NoHostError("The embedded runtime did not start", why, hint)
