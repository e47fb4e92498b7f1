"""One session kept on disk by a thread of its own, so that neither pixels nor clocks ever wait for a disk."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock, Thread

from tui.core.errors import BadInputError, StoreError
from tui.core.session import Session
from tui.core.tables import Table
from tui.store.atomic import store_error
from tui.store.journal import Journal, journal_path
from tui.store.lock import SessionLock, lock_path
from tui.store.sessions import save

SYNC_EVERY_S = 1.0
SOON_S = 0.3
_FILE_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}")


@dataclass(frozen=True, slots=True)
class _Save:
    snapshot: Session
    soon: bool


_Job = Table | _Save | None
"""An entry for the journal, a session to write, or the end."""


class SessionKeeper:
    """Keeps one session: every entry in its journal, every snapshot in its file. No method waits, but `close()`.

    Any thread may call `record()`. Nothing is made on disk before the first `record()` or `save()`. Entries and
    snapshots are handed over for good: whoever gave them does not change them any more, and the runs of a snapshot
    are final.
    """

    def __init__(self, directory: Path, session_id: str, spare: Path) -> None:
        """`session_id` is the file's name without `.toml`; `spare` takes the journal when `directory` cannot.

        Raises BadInputError when the id is no file name.
        """
        if not _FILE_NAME.fullmatch(session_id):
            raise BadInputError("The session's name cannot name a file", session_id)
        self.path = directory / f"{session_id}.toml"
        self._jobs: SimpleQueue[_Job] = SimpleQueue()
        self._found: SimpleQueue[StoreError] = SimpleQueue()
        self._writer = _Writer(self.path, session_id, spare, self._found.put)
        self._thread: Thread | None = None
        self._starting = Lock()

    def record(self, entry: Table) -> None:
        """Add an entry to the journal."""
        self._put(entry)

    def save(self, snapshot: Session, *, soon: bool = False) -> None:
        """Write the session file; of snapshots that wait, only the latest. `soon` may wait 0.3 s for more."""
        self._put(_Save(snapshot, soon))

    def problems(self) -> list[StoreError]:
        """What went wrong since the last call. The same problem is told once."""
        return [self._found.get_nowait() for _ in range(self._found.qsize())]

    def close(self, snapshot: Session | None, timeout: float = 10.0) -> bool:
        """Write the last snapshot and leave the session; True when its file holds everything that was recorded.

        Only then is the journal removed. Waits at most `timeout` seconds. A session nothing was ever recorded or
        saved of has nothing to write. What comes after is not taken.
        """
        if self._thread is None:
            return True
        if snapshot is not None:
            self._jobs.put(_Save(snapshot, soon=False))
        self._jobs.put(None)
        self._thread.join(timeout)
        return not self._thread.is_alive() and self._writer.complete

    def _put(self, job: _Job) -> None:
        self._jobs.put(job)
        with self._starting:
            if self._thread is None:
                self._thread = Thread(target=self._writer.run, args=(self._jobs,), name="session-writer", daemon=True)
                self._thread.start()


class _Place:
    """A folder with a session's journal, and the lock that says so while the session is open."""

    def __init__(self, folder: Path, session_id: str, hint: str) -> None:
        self.folder = folder
        self.journal = Journal(journal_path(folder, session_id))
        self._lock = SessionLock(lock_path(folder, session_id))
        self._hint = hint
        self._refused: StoreError | None = None

    def open(self) -> None:
        """Take the lock. Raises StoreError when the folder cannot be written or another program has the session."""
        if self._refused is not None:
            raise self._refused
        title = f"The session cannot be kept in {self.folder}"
        try:
            free = self._lock.acquire()
        except OSError as error:
            reason = store_error(title, self.folder, error).detail
            raise StoreError(title, reason, self._hint) from error
        if not free:
            # Even when the other program ends: it has written what this one has never read.
            self._refused = StoreError(title, "Another program has it open", self._hint)
            raise self._refused

    def leave(self, *, remove: bool) -> None:
        """Close the journal, or remove it, and give the lock back. Raises StoreError."""
        try:
            if remove and not self.journal.inherited:
                self.journal.remove()
            else:
                self.journal.close()
        finally:
            self._lock.release()


class _Writer:
    """The thread's side: everything that touches the disk."""

    def __init__(self, path: Path, session_id: str, spare: Path, tell: Callable[[StoreError], None]) -> None:
        self.complete = False
        """Whether the file holds everything; known once `run()` has returned."""
        self._path = path
        self._main = _Place(path.parent, session_id, f"Until it can, everything is noted in {spare}.")
        self._spare = _Place(spare, session_id, "What is not saved is lost when the program ends.")
        self._journals = [self._main, self._spare]
        """Where entries may still go, the best first."""
        self._tell = tell
        self._told: set[tuple[str, str]] = set()
        self._texts: dict[str, bytes] = {}
        self._pending: Session | None = None
        self._due = math.inf
        self._sync_at = math.inf
        self._entries = 0
        """How many entries came, but for events: these belong to runs."""
        self._made: set[str] = set()
        self._begun: set[str] = set()
        self._pending_entries = 0
        self._saved_entries = -1
        self._saved_runs: set[str] = set()

    def run(self, jobs: SimpleQueue[_Job]) -> None:
        """Take jobs until the end is among them."""
        closing = False
        while not closing:
            for job in self._next(jobs):
                if job is None:
                    closing = True
                elif isinstance(job, _Save):
                    self._take(job)
                else:
                    self._note(job)
            if time.monotonic() >= self._sync_at:
                self._sync()
            if self._pending is not None and (closing or time.monotonic() >= self._due):
                self._write(self._pending)
        self.complete = self._saved_entries == self._entries and self._begun & self._made <= self._saved_runs
        for place in (self._main, self._spare):
            try:
                place.leave(remove=self.complete)
            except StoreError as error:
                self._say(error)

    def _next(self, jobs: SimpleQueue[_Job]) -> list[_Job]:
        wait = min(self._due, self._sync_at) - time.monotonic()
        try:
            first = jobs.get(timeout=None if math.isinf(wait) else max(wait, 0))
        except Empty:
            return []
        return [first, *(jobs.get_nowait() for _ in range(jobs.qsize()))]

    def _take(self, job: _Save) -> None:
        self._due = min(self._due, time.monotonic() + (SOON_S if job.soon else 0))
        self._pending, self._pending_entries = job.snapshot, self._entries

    def _note(self, entry: Table) -> None:
        self._count(entry)
        while self._journals:
            place = self._journals[0]
            try:
                place.open()
                place.journal.append(entry)
            except StoreError as error:
                # For good: a journal with a hole would give back answers with a hole.
                self._journals.pop(0)
                self._say(error)
            else:
                self._sync_at = min(self._sync_at, time.monotonic() + SYNC_EVERY_S)
                return

    def _count(self, entry: Table) -> None:
        if entry.get("event", "queued") != "queued":
            self._begun.add(entry["lane"])
        elif "event" not in entry:
            self._entries += 1
            if "lane" in entry:
                self._made.add(entry["lane"]["id"])
            elif "started" in entry:
                self._begun.add(entry["started"]["run"])

    def _sync(self) -> None:
        self._sync_at = math.inf
        for place in self._journals[:1]:
            try:
                place.journal.sync()
            except StoreError as error:
                self._say(error)

    def _write(self, snapshot: Session) -> None:
        self._sync()
        self._due = math.inf
        try:
            self._main.open()
            save(snapshot, self._path, self._texts)
        except StoreError as error:
            self._say(error)  # The snapshot stays pending for the end, or until a newer one comes.
        else:
            self._pending = None
            self._saved_entries, self._saved_runs = self._pending_entries, set(snapshot.lanes)

    def _say(self, error: StoreError) -> None:
        if (error.title, error.detail) not in self._told:
            self._told.add((error.title, error.detail))
            self._tell(error)
