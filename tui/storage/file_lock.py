"""Which program has a session open."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from tui import private_files
from tui.files import is_missing, read_regular
from tui.held_files import patiently

_SLACK_S = 2.0
_REMOVING_S = 10.0
"""Seconds after which nobody is at removing a dead process's lock any more: it takes milliseconds."""
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
        return _living_process(read_regular(path, _MAX_BYTES))
    except PermissionError:
        return OTHER_USER
    except (OSError, ValueError):
        return None


def _living_process(text: bytes) -> int | None:
    """The process that a lock's text names, if it lives and is not younger than the lock."""
    try:
        pid, taken = text.decode("ascii").split()
        process_id, taken_at = int(pid), float(taken)
    except ValueError:
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
            self._held = self._create() or (lock_holder(self.path) is None and self._take_over())
        return self._held

    @property
    def held(self) -> bool:
        """Whether the lock was taken, and not given back."""
        return self._held

    def release(self) -> None:
        """Give the lock back, if it was taken."""
        if self._held:
            self._held = False
            # A lock of a dead process holds nobody up; one that was deleted may be another program's by now.
            with contextlib.suppress(OSError, ValueError):
                if read_regular(self.path, _MAX_BYTES).split()[:1] == [str(os.getpid()).encode()]:
                    patiently(lambda: self.path.unlink(missing_ok=True), self.path)

    def _take_over(self) -> bool:
        """Take the lock of a dead process, if it still is one's; whether it was taken.

        One program at a time does that, and takes the lock before it lets the next one look: what was read as a
        dead process's is then removed by nobody else, and no other's fresh lock can lie in its place.
        """
        guard = self.path.with_name(f"{self.path.name}.removing")
        try:
            patiently(lambda: private_files.create(guard), guard).close()
        except FileExistsError:
            if _age_s(guard) > _REMOVING_S:  # Its program died meanwhile.
                patiently(lambda: guard.unlink(missing_ok=True), guard)
            return False
        try:
            if self._is_dead():
                patiently(lambda: self.path.unlink(missing_ok=True), self.path)
            return self._create()
        finally:
            patiently(lambda: guard.unlink(missing_ok=True), guard)

    def _is_dead(self) -> bool:
        """Whether the lock names, in one reading, a process that is dead; not so when there is no lock.

        A young and empty one is being written: its program has not said yet who it is.
        """
        try:
            text = read_regular(self.path, _MAX_BYTES)
        except (FileNotFoundError, PermissionError):
            return False
        except (OSError, ValueError):
            return True
        return _living_process(text) is None if text else _age_s(self.path) >= _SLACK_S

    def _create(self) -> bool:
        private_files.make_folder(self.path.parent)
        try:
            file = patiently(lambda: private_files.create(self.path), self.path)
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


def _age_s(path: Path) -> float:
    """Seconds since a file was written; 0 when it is gone."""
    try:
        return abs(time.time() - path.stat().st_mtime)
    except OSError:
        return 0
