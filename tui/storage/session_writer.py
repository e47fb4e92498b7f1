"""Keeps one session on disk in a thread of its own, so that neither painting nor measuring waits for a disk."""

from __future__ import annotations

import contextlib
import math
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock, Thread

from tui.background import start
from tui.core.dict_reader import Table
from tui.core.errors import BadInputError, StoreError, reason_of
from tui.core.sessions.session import Session
from tui.files import is_missing, is_there
from tui.storage.journal_folder import JournalFolder, SessionInUseError
from tui.storage.save_pace import SavePace
from tui.storage.session_files import SaveCache, save

SYNC_EVERY_S = 1.0
CHECK_EVERY_S = 1.0
"""Seconds between two checks that the journal is still where it was made."""
SOON_S = 0.3
_FILE_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}")


@dataclass(frozen=True, slots=True)
class Save:
    """A session to write; `soon` may wait 0.3 s for more."""

    snapshot: Session
    soon: bool


Job = Table | Save | None
"""An entry for the journal, a session to write, or the end."""


class TomlSessionWriter:
    """Keeps one session: every entry in its journal, every snapshot in its file. No method waits but `close()`.

    Any thread may call `record()`. Nothing is made on disk before the first `record()` or `save()`. The file may be
    behind the journal (`tui.storage.save_pace`); after `close()` it is not. Whoever gives entries and snapshots does
    not change them any more. The requests of a snapshot are final; what is learnt of one
    later raises its revision, and is written with the next snapshot.
    """

    def __init__(self, directory: Path, session_id: str, spare: Path) -> None:
        """`session_id` is the file's name without `.toml`; `spare` takes the journal when `directory` cannot.

        Raises BadInputError when the id is no file name.
        """
        if not _FILE_NAME.fullmatch(session_id):
            raise BadInputError("The session's name cannot name a file", session_id)
        self.path = directory / f"{session_id}.toml"
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._problems: SimpleQueue[StoreError] = SimpleQueue()
        self._writer = WriterLoop(self.path, session_id, spare, self._problems.put)
        self._thread: Thread | None = None
        self._starting = Lock()

    def hold(self) -> None:
        """Take the session's lock before there is anything to write, so that nobody else writes it meanwhile.

        To be called before anything else. Raises SessionInUseError when another program has it, StoreError when the
        folder cannot be written; the spare folder's lock is taken then.
        """
        self._writer.hold()

    def release(self) -> None:
        """Give the lock back of a session that nothing was recorded or saved of; else `close()` does."""
        if self._thread is None:
            self._writer.release()

    def record(self, entry: Table) -> None:
        """Add an entry to the journal."""
        self._put(entry)

    def save(self, snapshot: Session, *, soon: bool = False) -> None:
        """Put what was recorded on the disk at once, and write the session file as soon as its pace allows.

        Of snapshots that wait, only the latest is written. `soon` may wait 0.3 s for more.
        """
        self._put(Save(snapshot, soon))

    def problems(self) -> list[StoreError]:
        """What went wrong since the last call. The same problem is reported once."""
        return [self._problems.get_nowait() for _ in range(self._problems.qsize())]

    def close(self, snapshot: Session | None, timeout: float = 10.0) -> bool:
        """Write the last snapshot and leave the session; True when its file holds everything that was recorded.

        Only then is the journal removed. Waits at most `timeout` seconds. A session nothing was ever recorded or
        saved of has nothing to write. What comes after is not taken.
        """
        if self._thread is None:
            self.release()
            return True
        if snapshot is not None:
            self._jobs.put(Save(snapshot, soon=False))
        self._jobs.put(None)
        self._thread.join(timeout)
        return not self._thread.is_alive() and self._writer.complete

    def missing_report(self) -> str:
        """After `close()`: a sentence on what the file lacks, and where that is; empty when it lacks nothing."""
        if self._thread is None:
            return ""
        if self._thread.is_alive():
            written = f"{self.path} was still being written when the program ended: it may not hold everything."
            return f"{written} {self._writer.journal_report(whole=self._jobs.empty())}".rstrip()
        return self._writer.missing_report()

    def _put(self, job: Job) -> None:
        self._jobs.put(job)
        with self._starting:
            if self._thread is None:
                self._thread = start(partial(self._writer.run, self._jobs), "session writer")


class WriterLoop:
    """What the thread does: everything that touches the disk."""

    def __init__(
        self,
        path: Path,
        session_id: str,
        spare: Path,
        report: Callable[[StoreError], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`path` is the session's file, `spare` takes the journal when its folder cannot; `clock` counts seconds."""
        self.complete = False
        """Whether the file holds everything; known once `run()` has returned."""
        self._path = path
        self._home, self._spare = JournalFolder(path.parent, session_id), JournalFolder(spare, session_id)
        self._journal_folders = [self._home, self._spare]
        """The folders whose journal may take entries, the best first."""
        self._journal_has_gaps = False
        """Whether there were entries that no journal took."""
        self._journal_may_be_lost = False
        """Whether the system could once not put the journal on the disk."""
        self._report_to = report
        self._reported: set[tuple[str, str]] = set()
        self._clock = clock
        self._pace = SavePace(clock)
        self._cache = SaveCache(guarded=True)
        self._parts = 1
        self._pending: Session | None = None
        self._last: Session | None = None
        self._due = math.inf
        self._sync_at = math.inf
        self._check_at = 0.0
        self._entries = 0
        """How many entries came, events not counted: these are counted by request."""
        self._added: set[str] = set()
        self._begun: set[str] = set()
        self._event_counts: Counter[str] = Counter()
        """How many events came of each request."""
        self._pending_entries = 0
        self._saved_entries = -1
        self._saved_runs: dict[str, int] = {}
        """The requests in the file, and how many events had been folded into each."""

    def hold(self) -> None:
        """Take the session's lock; where its folder cannot be written, that of the spare one. Raises StoreError."""
        self._cache.saw(self._path)
        refused: StoreError | None = None
        for folder in (self._home, self._spare):
            try:
                folder.open()
                break
            except SessionInUseError:
                raise
            except StoreError as error:
                refused = refused or error
        if refused is not None:
            raise refused

    def release(self) -> None:
        """Give the lock back of a session that nothing was written of."""
        self._close_journals(remove=False)

    def run(self, jobs: SimpleQueue[Job]) -> None:
        """Take jobs until the end is among them."""
        closing = False
        while not closing:
            for _, group in groupby(self._next(jobs), type):
                together = list(group)
                # One write for the entries that came together: where models are slow, it costs more than the text.
                if entries := [job for job in together if isinstance(job, dict)]:
                    self._guarded(partial(self._append, entries), journalling=True)
                for job in together:
                    if isinstance(job, Save):
                        self._schedule(job)
                    closing = closing or job is None
            if self._clock() >= self._sync_at:
                self._guarded(self._sync)
            if closing or self._clock() >= self._check_at:
                self._guarded(self._check_journal, journalling=True)
            if self._pending is not None and (closing or self._clock() >= self._save_at()):
                self._guarded(partial(self._write, self._pending))
        self.complete = self._holds_everything()
        self._close_journals(remove=self.complete)

    def _close_journals(self, *, remove: bool) -> None:
        for folder in (self._home, self._spare):
            self._guarded(partial(folder.close, remove=remove))

    def _guarded(self, work: Callable[[], None], *, journalling: bool = False) -> None:
        """Do one thing; whatever goes wrong is reported, and the thread goes on: nobody else takes its jobs.

        With `journalling`, the journal may lack an entry when it fails.
        """
        try:
            work()
        except StoreError as error:
            self._report(error)
        except Exception as error:  # noqa: BLE001 - it is reported
            broke = StoreError(
                "What keeps the session on disk broke", f"{type(error).__name__}: {error}", "Please report this."
            )
            broke.__cause__ = error
            self._journal_has_gaps |= journalling
            self._report(broke)

    def missing_report(self) -> str:
        """A sentence on what the file lacks, and where that is; empty when it lacks nothing. Known after `run()`."""
        if self.complete:
            return ""
        noted = self._journal_paths()
        try:
            there = self._saved_entries >= 0 and not is_missing(self._path)
        except OSError as error:
            where = "".join(f" What happened in it is also noted in {path}." for path in noted)
            return (
                f"{self._path} cannot be looked at any more, so what it holds is not known: {reason_of(error)}.{where}"
            )
        parts = [f"Not all of the session is in {self._path}." if there else f"The session is not in {self._path}."]
        if noted:
            parts.append(self.journal_report("What is missing there" if there else "All of it"))
        else:
            parts.append("What is missing there is lost." if there else "Nothing of it is kept.")
        return " ".join(parts)

    def journal_report(self, what: str = "What is missing there", *, whole: bool = True) -> str:
        """A sentence that names the journals with `what` the file may lack; empty when there is none.

        Without `whole` some entries are still waiting to be written, so that no journal has everything.
        """
        where = " and ".join(self._journal_paths())
        if not where:
            return ""
        if whole and not self._journal_has_gaps:
            return f"{what} is noted in {where}, and taken in at the next start."
        return f"A part is noted in {where}, and taken in at the next start; the rest is lost."

    def _journal_paths(self) -> list[str]:
        used = [folder.journal.path for folder in (self._home, self._spare) if folder.used]
        return [str(path) for path in used if is_there(path)]

    def _holds_everything(self) -> bool:
        """Whether the file has every entry, and every request with all its events."""
        return (
            self._saved_entries == self._entries
            and all(self._saved_runs.get(run) == self._event_counts[run] for run in self._begun & self._added)
            and is_there(self._path)
        )

    def _next(self, jobs: SimpleQueue[Job]) -> list[Job]:
        wait = min(self._save_at(), self._sync_at, self._check_at) - self._clock()
        try:
            first = jobs.get(timeout=max(wait, 0))
        except Empty:
            return []
        return [first, *(jobs.get_nowait() for _ in range(jobs.qsize()))]

    def _schedule(self, job: Save) -> None:
        at = self._clock() + (SOON_S if job.soon else 0)
        self._due = min(self._due, at)
        self._pending, self._pending_entries = job.snapshot, self._entries
        if self._sync_at < math.inf:
            self._sync_at = min(self._sync_at, at)

    def _save_at(self) -> float:
        """The instant from which on the session that waits is to be written.

        Its pace counts only while the journal has what the file lacks.
        """
        everything_is_noted = self._journal_folders and not self._journal_has_gaps and not self._journal_may_be_lost
        return max(self._due, self._pace.free_at()) if everything_is_noted else self._due

    def _append(self, entries: Sequence[Table]) -> None:
        for entry in entries:
            self._count(entry)
        failed: list[StoreError] = []
        while self._journal_folders:
            try:
                self._pace.journaled(self._journal_folders[0].append(entries))
            except StoreError as error:
                # For good: a journal that lacks entries would give back answers that lack text.
                self._journal_folders.pop(0)
                failed.append(error)
            else:
                self._sync_at = min(self._sync_at, self._clock() + SYNC_EVERY_S)
                break
        else:
            self._journal_has_gaps = True
        for refusal in failed:
            self._report_and_name_journal(refusal)

    def _count(self, entry: Table) -> None:
        if "event" in entry:
            self._event_counts[entry["request"]] += 1
            if entry["event"] != "queued":
                self._begun.add(entry["request"])
        else:
            self._entries += 1
            if "request" in entry:
                self._added.add(entry["request"]["id"])
            elif "started" in entry:
                self._begun.add(entry["started"]["run"])

    def _sync(self) -> None:
        self._sync_at = math.inf
        for folder in self._journal_folders[:1]:
            try:
                folder.journal.sync()
            except StoreError as error:
                self._journal_may_be_lost = True
                self._report(error)

    def _check_journal(self) -> None:
        """Check that the journal is still there; while its file is open, what it held can be written elsewhere."""
        self._check_at = self._clock() + CHECK_EVERY_S
        if not self._journal_folders or not self._journal_folders[0].journal.deleted:
            return
        lost, self._journal_folders[0].used = self._journal_folders[0].journal, False
        gone = StoreError(f"{lost.path} is gone", "While the session ran it was deleted or moved, or its folder was")
        self._journal_folders = []
        failed = [gone]
        for folder in (self._spare, self._home):
            try:
                folder.take_over(lost)
            except StoreError as error:
                failed.append(error)
            else:
                self._journal_folders, self._sync_at = [folder], 0.0
                break
        else:
            self._journal_has_gaps = True
        for refusal in failed:
            self._report_and_name_journal(refusal)
        with contextlib.suppress(StoreError):  # Nobody finds its file any more.
            lost.close()
        if self._last is not None:  # The session's file may be gone with it.
            self._pending, self._due, self._pace = self._pending or self._last, 0.0, SavePace(self._clock)

    def _write(self, snapshot: Session) -> None:
        self._due = math.inf
        if self._sync_at < math.inf:  # The file never knows what the journal on the disk does not.
            self._sync()
        before = self._cache.written
        revisions = {run: request.revision for run, request in snapshot.requests.items()}
        try:
            self._home.open(renew=True)
            paths = save(snapshot, self._path, self._cache)
        except StoreError as error:
            # The snapshot stays pending for the end, or until a newer one comes.
            noted = " and ".join(str(folder.folder) for folder in (self._home, self._spare) if folder.used)
            until = f"Until then everything is noted in {noted}." if noted and not self._journal_has_gaps else ""
            self._report(StoreError(error.title, error.detail, " ".join(filter(None, (error.hint, until)))))
            return
        finally:
            self._pace.written(self._cache.written - before)
            self._report_set_aside()
        self._pending, self._last = None, snapshot
        self._saved_entries, self._saved_runs = self._pending_entries, revisions
        if len(paths) > self._parts:
            self._parts = len(paths)
            self._report(StoreError(f"The session has outgrown {self._path.name}", f"It goes on in {paths[-1]}"))

    def _report_set_aside(self) -> None:
        while self._cache.set_aside:
            file, aside = self._cache.set_aside.pop(0)
            title = f"Another program has changed {file.name}"
            self._report(
                StoreError(title, f"Its version is kept as {aside}", "The session that is open is in the first.")
            )

    def _report_and_name_journal(self, error: StoreError) -> None:
        """Report a folder that cannot be written to, and which folder has the journal from here on."""
        where = f"It is noted in {self._journal_folders[0].folder} instead." if self._journal_folders else ""
        hint = " ".join(filter(None, (error.hint, where or "What is not saved is lost when the program ends.")))
        self._report(StoreError(error.title, error.detail, hint))

    def _report(self, error: StoreError) -> None:
        if (error.title, error.detail) not in self._reported:
            self._reported.add((error.title, error.detail))
            self._report_to(error)
