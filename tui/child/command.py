"""One run of another program: without a shell, watched while it talks, and ended together with what it started."""

from __future__ import annotations

import codecs
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from tui.child.process import NO_WINDOW, spawn
from tui.core.child_environment import ChildKind

LEAVE_S = 0.5
"""How long a process may take to leave when it is asked to."""
STEP_S = 0.02
LAST_WORDS = 4000
"""Bytes of its complaints that are looked at."""

if sys.platform == "win32":
    _FLAGS = NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
else:
    _FLAGS = NO_WINDOW


class Command:
    """A running program, for one thread. Leaving its `with` block ends it, if it runs still.

    Unlike a `ChildProcess` it does not end with its stdin, and what it starts may outlive it. So it writes into files
    of a temporary folder, not into pipes: a process that it leaves behind can then neither hold up the reader nor be
    held up by it.
    """

    def __init__(self, command: Sequence[str], typed: str = "") -> None:
        """Start it; `typed` is all that it can read. Raises OSError when it cannot be started."""
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        folder = Path(self._folder.name)
        self._complaints = folder / "err"
        try:
            (folder / "in").write_text(typed, "utf-8")
            with (
                (folder / "in").open("rb") as typing,
                (folder / "out").open("wb") as out,
                self._complaints.open("wb") as err,
            ):
                self._process = spawn(
                    command, ChildKind.TOOL, stdin=typing, stdout=out, stderr=err, own_session=True, flags=_FLAGS
                )
            # Opened by its name, for a place of its own in the file: an inherited one is shared with the writer.
            self._output = (folder / "out").open("rb")
        except BaseException:
            self._folder.cleanup()
            raise

    def __enter__(self) -> Command:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        self._output.close()
        self._folder.cleanup()

    def wait(self, seconds: float) -> int | None:
        """Its exit code as soon as it has one; None when it still runs after this time."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def read(self, limit: int) -> str:
        """What it wrote on stdout since the last call, at most `limit` bytes of it."""
        return self._decoder.decode(self._output.read(limit))

    def complaints(self) -> str:
        """The end of what it wrote on stderr."""
        with self._complaints.open("rb") as err:
            err.seek(max(err.seek(0, os.SEEK_END) - LAST_WORDS, 0))
            return err.read().decode("utf-8", "replace")

    def _end(self) -> None:
        if self._process.poll() is not None:
            return
        if sys.platform == "win32":
            self._process.kill()
        else:
            # Only a leader that is not reaped yet lends its number to its group for certain, so it is not waited for.
            os.killpg(self._process.pid, signal.SIGTERM)
            until = time.monotonic() + LEAVE_S
            while time.monotonic() < until and not _left(self._process.pid):
                time.sleep(STEP_S)
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except OSError:
                pass  # some systems know no group any more when all of it has left
        self._process.wait()


def _left(pid: int) -> bool:
    """Whether a child of this process has ended, without reaping it."""
    import psutil

    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.Error:
        return True
