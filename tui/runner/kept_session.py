"""A session file that is opened to be read and rated, without any host: nothing in it is asked."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tui.core.blind.masks import masked_ranges
from tui.core.blind.orders import is_anything_hidden, second_look_orders
from tui.core.errors import BadInputError, CompareError, StoreError
from tui.core.sessions.entry_dict import next_entry
from tui.core.sessions.presentation import NameMask
from tui.core.sessions.session import Session, newer_schema
from tui.core.sessions.view import RatingCommands, StoredComparison
from tui.core.text.clean import clean_line
from tui.files import is_there
from tui.runner.ratings import Ratings
from tui.runner.session_recorder import SessionRecorder
from tui.signals import uninterrupted
from tui.storage import paths
from tui.storage.file_lock import lock_holder, lock_path
from tui.storage.journal import journal_path
from tui.storage.rater_name import rater_name
from tui.storage.session_files import load_sessions, load_whole
from tui.storage.session_recovery import recover_session
from tui.storage.session_writer import TomlSessionWriter

_PATIENCE_S = 600.0
"""Seconds that the writing of a file may take, where nothing else waits for it."""


class KeptComparison(StoredComparison):
    """A session that was kept, and the ratings that are added to it. Its file is held until `close()`."""

    def __init__(self, session: Session, writer: TomlSessionWriter, rater: str) -> None:
        super().__init__(session, rater=rater)
        self._recorder = SessionRecorder(session, writer)
        self.commands = Ratings(session, rater, lambda: datetime.now(UTC), self._rated)
        self.ratings = self.commands

    def put_blind(self) -> bool:
        """Hide from the rater which model gave which answer, in an order of the rater's own, as far as the rater has
        not seen it. Returns whether anything is hidden."""
        orders = second_look_orders(self.session, self.commands.rater, secrets.randbits(48), datetime.now(UTC))
        for order in orders:
            self._recorder.add(order)
        masked = {mask.run for mask in self.session.masks}
        for request in self.session.requests.values():
            ranges = () if request.spec.id in masked else masked_ranges(self.session, request)
            if ranges:
                self._recorder.add(NameMask(request.spec.id, ranges, datetime.now(UTC)))
        if orders:
            self._recorder.save(soon=True)  # Who lists the sessions meanwhile is to know that it is hidden.
        return is_anything_hidden(self.session, self.commands.rater)

    def problems(self) -> Sequence[CompareError]:
        """What could not be kept since the last call."""
        return self._recorder.problems()

    def name(self, title: str, tags: Sequence[str]) -> None:
        """Give the session a title and tags, in place of those that it has."""
        self._recorder.name(title, tags)

    def close(self) -> bool:
        """Write the last of it, and let the file go; whether everything is kept."""
        return self._recorder.close()

    def _rated(self, entry: dict[str, Any]) -> None:
        self._recorder.record(entry)
        self._recorder.save(soon=True)


@dataclass(frozen=True, slots=True)
class KeptSession:
    """A session file that has been opened."""

    path: Path
    view: StoredComparison
    ratings: RatingCommands | None
    """What rates the answers; None when the file is only read."""
    notices: Sequence[CompareError] = ()
    """Why it is only read, or whose ratings are not shown."""
    writer: TomlSessionWriter | None = None

    def close(self) -> bool:
        """Write the last of it, and let the file go; whether everything is kept."""
        return self.view.close() if isinstance(self.view, KeptComparison) else True

    def missing_report(self) -> str:
        """After `close()`: a sentence on what the file lacks, and where that is."""
        return self.writer.missing_report() if self.writer is not None else ""


def open_kept_session(path: Path, rater: str | None = None, *, blind: bool = False) -> KeptSession:
    """Open a session file: to be rated where that can be kept, else to be read. Whoever opens it closes it.

    `rater` is who reads, None for the user's login name; where nothing can be rated, None for who rated last. `blind`
    hides which model answered, as far as the rater has not seen it. Raises BadInputError when the file is no session,
    or a further part of one, or when it is to be hidden from somebody and that cannot be kept.
    """
    writer = TomlSessionWriter(path.parent, path.stem, paths.state_dir()) if _is_session_name(path) else None
    try:
        why_not = (
            _hold(path, writer)
            if writer is not None
            else CompareError(_only_read(path), "A session's file is called NAME.toml")
        )
        session = load_kept(path)
        if session.read_only and why_not is None:
            why_not = CompareError(_only_read(path), newer_schema(session), "Update this program.")
    except BaseException:
        if writer is not None:
            writer.close(None)
        raise
    if writer is None or why_not is not None:
        if writer is not None:
            writer.close(None)
        if blind and why_not is not None:
            raise BadInputError("It cannot be reviewed blind", why_not.sentence(), "Scores could not be kept.")
        view = StoredComparison(session, rater=rater)
        reasons = [why_not] if why_not is not None else []
        return KeptSession(path, view, None, [*reasons, *_others(session, view.ratings.rater)])
    name = rater_name(rater)
    kept = KeptComparison(session, writer, name)
    notices = _others(session, name)
    if blind and not kept.put_blind():
        notices.insert(0, CompareError("Nothing is hidden", f"{clean_line(name, 30)} has seen which model answered",
                                       "--rater NAME is for somebody who has not."))  # fmt: skip
    return KeptSession(path, kept, kept.commands, notices, writer)


@contextmanager
def session_to_add_to(path: Path) -> Iterator[Session]:
    """A session file, held as long as entries are added to its session: then it is written, if there are any.

    Raises BadInputError when it is no session, StoreError when it cannot be written, or another program has it open.
    """
    with recorder_to_add_to(path) as recorder:
        before = next_entry(recorder.session)
        yield recorder.session
        if next_entry(recorder.session) != before:
            recorder.save()


@contextmanager
def recorder_to_add_to(path: Path) -> Iterator[SessionRecorder]:
    """The same, where each thing is kept in the journal as soon as it is recorded: what was recorded until an error, or
    an interrupt, is written too. Raises likewise."""
    if not _is_session_name(path):
        raise BadInputError(_left_alone(path), "A session's file is called NAME.toml")
    writer = TomlSessionWriter(path.parent, path.stem, paths.state_dir())
    recorder: SessionRecorder | None = None
    try:
        why_not = _hold(path, writer)
        session = load_kept(path)
        if session.read_only:
            raise BadInputError(_left_alone(path), newer_schema(session), "Update this program.")
        if why_not is not None:
            raise StoreError(_left_alone(path), why_not.detail, why_not.hint)
        recorder = SessionRecorder(session, writer)
        yield recorder
    finally:
        with uninterrupted():
            kept = writer.close(None) if recorder is None else recorder.close(_PATIENCE_S)
    if not kept:
        raise next(iter(writer.problems()), StoreError(_left_alone(path), writer.missing_report()))


def _left_alone(path: Path) -> str:
    return f"{clean_line(path.name)} was left as it is"


def _is_session_name(path: Path) -> bool:
    """Whether a writer finds its file by this name."""
    try:
        TomlSessionWriter(path.parent, path.stem, path.parent)
    except BadInputError:
        return False
    return path.suffix == ".toml"


def _only_read(path: Path) -> str:
    return f"{clean_line(path.name)} is only read"


def _hold(path: Path, writer: TomlSessionWriter) -> CompareError | None:
    """Take the session's lock, after what a program that died left behind has been taken in. Returns why its file
    cannot be written, if it cannot."""
    title, spare = _only_read(path), paths.state_dir()
    if not os.access(path, os.W_OK):
        # What is not there at all is reported when it is read.
        return CompareError(title, "It is protected against writing")
    if lock_holder(lock_path(spare, path.stem)) is not None:
        return CompareError(title, "Another program has it open", "Scores can be given when that has ended.")
    journals = [journal_path(folder, path.stem) for folder in (path.parent, spare)]
    if any(map(is_there, journals)):
        with suppress(OSError):
            recover_session(path, spare)
    try:
        writer.hold()
    except StoreError as error:
        return CompareError(title, error.detail, "Scores can be given when that has ended." * _is_held(path))
    if any(map(is_there, journals)):
        return CompareError(title, "What its program left behind when it died could not be taken in")
    return None


def _is_held(path: Path) -> bool:
    return lock_holder(lock_path(path.parent, path.stem)) is not None


def load_kept(path: Path) -> Session:
    """The whole session; of one that another program has open, what has ended. Raises BadInputError."""
    whole = load_whole(path)
    if whole.whole_id != whole.id:
        raise BadInputError(
            f"{clean_line(path.name)} is a further part of a session", hint=f"Open {clean_line(whole.whole_id)}.toml."
        )
    if any(is_there(journal_path(folder, path.stem)) for folder in (path.parent, paths.state_dir())):
        return next(load_sessions(path, skipped=lambda file, error: None), whole)
    return whole


def _others(session: Session, rater: str) -> list[CompareError]:
    """Whose ratings are in the file and are not shown: everybody sees their own."""
    raters = [*(score.rater for score in session.scores), *(note.rater for note in session.notes)]
    names = dict.fromkeys(name for name in raters if name != rater)
    if not names:
        return []
    said = ", ".join(clean_line(name, 30) for name in list(names)[:3]) + ", …" * (len(names) > 3)
    return [CompareError(f"Scores and notes of {clean_line(rater, 30)} are shown", f"The file has others' too: {said}",
                         "--rater NAME shows those of another.")]  # fmt: skip
