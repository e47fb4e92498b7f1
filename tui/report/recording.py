"""Sessions for a report: by the records that the index has of their files, and read where there is a doubt.

As a program (`python -m tui.report.recording`) it reads session files and says their records.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from tui.core.conditions.grammar import Conditions
from tui.core.dict_reader import Table
from tui.core.errors import BadInputError, CompareError
from tui.core.sessions.session import Session
from tui.report.filtered_records import take_figures
from tui.report.session_record import RecordedSession, SessionRecord, read_record, record_of, record_version
from tui.storage.index.catch_up import BATCH, Progress
from tui.storage.index.database import SessionIndex
from tui.storage.index.readers import Reading, found_in, serve
from tui.storage.index.records import FileRecord, Texts
from tui.storage.index.scan import NEVER, FileKey, FileStamp, scan, stamp_at
from tui.storage.session_files import ReadSessions, load, sessions_or_known

_SETTLED_NS = 2_000_000_000
"""A file that was written so shortly before may be written again within the same tick of its disk's clock."""


class _Found(NamedTuple):
    """What a file says."""

    record: SessionRecord | None
    """None where the file has to be read each time."""
    lasting: bool = True
    """Whether that is so of the file as it is: it could be opened."""


class RecordedSessions:
    """The sessions of some places, for the reports of one rater."""

    def __init__(
        self,
        index: SessionIndex,
        places: Sequence[Path],
        rater: str,
        figures: Sequence[str] = (),
        filters: Conditions = (),
    ) -> None:
        """`figures` are those that each run is to have besides what every report has, by name; `filters` are conditions
        that sessions are to be filtered by."""
        self._index, self._places, self._rater, self._figures = index, places, rater, tuple(figures)
        self._take_figures = bool(self._figures) or take_figures(filters)
        self._version = record_version()
        self._looked_at: Mapping[FileKey, FileStamp] = {}
        """What each file was like when the index caught up with all of them."""
        self._records: Mapping[FileKey, FileRecord] | None = None
        """What the index had of them then, where it lacked nothing."""

    def catch_up(self, processes: int | None = None) -> Generator[Progress]:
        """Forget files that are gone, and read those of which the index lacks the record. Whoever stops asking has an
        index that lacks the rest, whose files are read by `sessions`."""
        found = scan(self._places)
        folders = {*found.folders, *(key.folder for key in found.files)}
        records = self._index.records(folders, self._version, figures=self._take_figures)
        self._index.drop_records(key for key in records if key.folder in found.folders and key not in found.files)
        missing = [
            (key, file) for key, file in found.files.items()
            if file.stamp != NEVER and ((record := records.get(key)) is None or record.stamp != file.stamp)
        ]  # fmt: skip
        if not missing:
            self._looked_at = {key: file.stamp for key, file in found.files.items()}
            self._records = records
        began = time.time_ns()
        batch: dict[FileKey, FileRecord] = {}
        with closing(found_in([file.path for _, file in missing], RECORDS, processes)) as every:
            for count, (number, stamp, one) in enumerate(every, 1):
                if one.lasting and stamp is not None and began - stamp[1] > _SETTLED_NS:
                    texts = None if one.record is None else Texts(*one.record)
                    batch[missing[number][0]] = FileRecord(stamp, texts)
                if count % BATCH == 0 or count == len(missing):
                    self._index.put_records(batch, self._version)
                    batch = {}
                    yield Progress(count, len(missing))

    def sessions(
        self,
        places: Sequence[Path] | None = None,
        *,
        skipped: Callable[[Path, CompareError], object] | None = None,
        why_not: Callable[[Session], BadInputError | None] = lambda session: None,
        doubted: Callable[[RecordedSession], bool] = lambda session: False,
        read: ReadSessions | None = None,
    ) -> Iterator[tuple[Path, Session | RecordedSession]]:
        """As `sessions_with_files`, with records where the index has them and the rater may know the models, of all
        places or of these. Those that are `doubted` are read."""
        places = self._places if places is None else places
        load_file = load if read is None else read.load
        records, looked_at = self._records, self._looked_at
        if records is None:
            # `Path.is_dir` raises where a name is longer than any can be.
            folders = {os.path.realpath(one if os.path.isdir(one) else one.parent) for one in places}  # noqa: PTH112
            records = self._index.records(folders, self._version, figures=self._take_figures)

        def known(file: Path, real: str) -> RecordedSession | None:
            key = FileKey(*os.path.split(real))
            found = records.get(key)
            if found is None or found.texts is None or (looked_at.get(key) or stamp_at(file)) != found.stamp:
                return None
            try:
                session = read_record(SessionRecord(*found.texts), lambda: load_file(file), self._figures)
            except (ValueError, TypeError, LookupError):
                return None
            return None if session.is_hidden_from(self._rater) or doubted(session) else session

        return sessions_or_known(places, known, skipped=skipped, why_not=why_not, read=read)


def _read(path: Path) -> _Found:
    try:
        return _Found(record_of(load(path)))
    except BadInputError as error:
        return _Found(None, lasting=not isinstance(error.__cause__, OSError))


def _said(found: _Found) -> dict[str, Any]:
    return {"record": found.record, "lasting": found.lasting}


def _heard(said: Table) -> _Found:
    record = said["record"]
    return _Found(None if record is None else SessionRecord(*record), said["lasting"])


RECORDS = Reading("tui.report.recording", _read, _said, _heard)

if __name__ == "__main__":
    serve(RECORDS)
