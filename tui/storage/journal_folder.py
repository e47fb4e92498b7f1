"""A folder that takes a session's journal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tui.core.dict_reader import Table
from tui.core.errors import StoreError
from tui.storage.atomic_file import store_error
from tui.storage.file_lock import SessionLock, lock_path
from tui.storage.journal import Journal, journal_path


class SessionInUseError(StoreError):
    """Another program has the session open."""


class JournalFolder:
    """A folder with a session's journal, and the lock that is held while the session is open."""

    def __init__(self, folder: Path, session_id: str) -> None:
        self.folder = folder
        self.journal = Journal(journal_path(folder, session_id))
        self.used = False
        """Whether there are entries in its journal."""
        self._lock = SessionLock(lock_path(folder, session_id))
        self._refusal: StoreError | None = None

    def open(self, *, renew: bool = False) -> None:
        """Take the lock, and with `renew` see that it is still there.

        Raises StoreError when the folder cannot be written, SessionInUseError when another program has the session.
        """
        if self._refusal is not None:
            raise self._refusal
        title = f"The session cannot be kept in {self.folder}"
        try:
            free = self._lock.acquire(renew=renew)
        except OSError as error:
            why = store_error(title, self.folder, error).detail.removeprefix(f"{self.folder}: ")
            raise StoreError(title, why) from error
        if not free:
            # Even when the other program ends: it has written what this one has never read.
            self._refusal = SessionInUseError(title, "Another program has it open")
            raise self._refusal

    def append(self, entries: Sequence[Table]) -> int:
        """Add entries to the journal; how many bytes they took. Raises StoreError."""
        self.open()
        size = self.journal.append(*entries)
        self.used = True
        return size

    def take_over(self, journal: Journal) -> None:
        """Continue here a journal whose file was deleted. Raises StoreError."""
        self.open(renew=True)
        fresh = Journal(self.journal.path) if journal is self.journal else self.journal
        journal.copy_to(fresh)
        self.journal, self.used = fresh, True

    def close(self, *, remove: bool) -> None:
        """Close the journal, or remove it if this program made it, and give the lock back. Raises StoreError."""
        try:
            if remove and self._lock.held and self.journal.own:
                self.journal.remove()
            else:
                self.journal.close()
        finally:
            self._lock.release()
