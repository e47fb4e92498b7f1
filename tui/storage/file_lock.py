"""Which program has a session open."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from tui import private_files
from tui.files import is_missing, read_regular

_SLACK_S = 2.0
_MAX_BYTES = 256
OTHER_USER = -1
"""In place of a process id: the lock is another user's."""


def lock_path(folder: Path, session_id: str) -> Path:
    """Where a session's lock lies while it is open."""
    return folder / f"{session_id}.lock"


def lock_holder(path: Path) -> int | None:
    """The process that holds a lock; None when there is none, or it is dead and its number perhaps another's.

    `OTHER_USER` when the lock is another user's: nobody else can read it, so the process is unknown.
    """
    try:
        pid, taken = read_regular(path, _MAX_BYTES).decode("ascii").split()
        process_id, taken_at = int(pid), float(taken)
    except PermissionError:
        return OTHER_USER
    except (OSError, ValueError):
        return None
    import psutil

    try:
        process = psutil.Process(process_id)
        dead = process.status() == psutil.STATUS_ZOMBIE
        return None if dead or process.create_time() > taken_at + _SLACK_S else process_id
    except psutil.AccessDenied:
        return process_id
    except (psutil.NoSuchProcess, ValueError, OverflowError):
        return None


class SessionLock:
    """The lock of one session: a file with the process and the time it was taken."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._held = False

    def acquire(self, *, renew: bool = False) -> bool:
        """Take the lock, a dead process's too; False when another program has it. Raises OSError.

        With `renew`, a lock that is held and whose file somebody deleted is taken once more.
        """
        if renew and self._held and is_missing(self.path):
            self._held = False
        if not self._held:
            self._held = self._create()
            if not self._held and lock_holder(self.path) is None:
                self.path.unlink(missing_ok=True)
                self._held = self._create()
        return self._held

    def release(self) -> None:
        """Give the lock back, if it was taken."""
        if self._held:
            self._held = False
            # A lock of a dead process holds nobody up; one that was deleted may be another program's by now.
            with contextlib.suppress(OSError, ValueError):
                if read_regular(self.path, _MAX_BYTES).split()[:1] == [str(os.getpid()).encode()]:
                    self.path.unlink(missing_ok=True)

    def _create(self) -> bool:
        private_files.make_folder(self.path.parent)
        try:
            file = private_files.create(self.path)
        except FileExistsError:
            return False
        try:
            with file:
                file.write(f"{os.getpid()} {time.time()}\n".encode("ascii"))
        except OSError:
            with contextlib.suppress(OSError):
                self.path.unlink()
            raise
        return True
