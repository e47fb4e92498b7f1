"""Brings the index up to what the files are, and lists and searches what it has."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from tui.core.sessions.summary import FoundText, summary_from_row, summary_of
from tui.core.text.words import Extract, Wanted, extract, wanted
from tui.storage.index.database import Known, Read, SessionIndex
from tui.storage.index.entries import read_entry, unpacked
from tui.storage.index.rows import DamagedFile, Listing, SessionRow, whole
from tui.storage.index.scan import NEVER, FileKey, Scan, SessionFile, key_of

BATCH, BATCH_BYTES = 400, 8 << 20
"""How many files are taken in together, and with how many bytes of texts: each time the disk is waited for."""
FEW = 200
"""Files that are asked for one by one rather than with all others of their folder."""
_PATIENCE = 3
"""How often something is begun again because the index was damaged."""
EXTRACTS = 3
"""How many places of a session are shown."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the index has come."""

    read: int
    """Files that were read."""
    total: int
    """Files that are to be read; those that the index has are none of them."""


def catch_up(index: SessionIndex, scan: Scan, processes: int | None = None) -> Generator[Progress]:
    """Take files that are gone out of the index, then read those that it lacks, the newest first.

    Nothing is done but between two steps: whoever stops asking has an index that lacks the rest. Many are read by
    `processes` of their own; see `read_files`.
    """
    for _ in range(_PATIENCE):
        before = index.lost
        yield from _caught_up(index, scan, processes)
        if index.lost == before:
            break  # Else it was begun from nothing meanwhile, for it was damaged.


def _caught_up(index: SessionIndex, scan: Scan, processes: int | None) -> Generator[Progress]:
    stamps = index.stamps(_folders(scan))
    index.drop(key for key in stamps if key.folder in scan.folders and key not in scan.files)
    missing = [(key, file) for key, file in scan.files.items() if stamps.get(key) != file.stamp]
    missing.sort(key=lambda found: found[0].name, reverse=True)
    if not missing:
        return
    from tui.storage.index.readers import read_files  # not needed where nothing is new

    batch: dict[FileKey, Read] = {}
    held = 0
    with closing(read_files([file.path for _, file in missing], processes)) as entries:
        for count, (number, stamp, entry) in enumerate(entries, 1):
            if entry.passing:
                batch[missing[number][0]] = Read(NEVER, entry)
            elif stamp is not None:
                batch[missing[number][0]] = Read(stamp, entry)
            held += len(entry.texts)
            if len(batch) == BATCH or held >= BATCH_BYTES or count == len(missing):
                index.put(batch)
                batch, held = {}, 0
                yield Progress(count, len(missing))


def listing(index: SessionIndex, scan: Scan) -> Listing:
    """What the index has of these files, as they are."""
    few = len(scan.files) < FEW
    known = index.known_of(scan.files) if few else index.known(_folders(scan))
    if few and len(known) < len(scan.files):
        # Damage may hide a file from a look for its name, and not from `stamps`: it would never be read.
        every = index.known(_folders(scan))
        known = {key: every[key] for key in scan.files if key in every}
    readable: list[tuple[FileKey, SessionFile]] = []
    summaries: list[str] = []
    damaged: list[DamagedFile] = []
    unread = again = 0
    for key, file in scan.files.items():
        found = known.get(key)
        if found is None or not _says(found, file):
            unread += 1
        elif found.summary:
            readable.append((key, file))
            summaries.append(found.summary)
        else:
            again += found.stamp == NEVER
            damaged.append(DamagedFile(file.path, found.reason, file.size if file.size >= 0 else None))
    gone = len(known) - len(readable) - len(damaged)
    rows = [
        SessionRow(file.path, file.size, file.mtime_ns, summary_from_row(row), journal=key in scan.journals)
        for (key, file), row in zip(readable, json.loads(f"[{','.join(summaries)}]"), strict=True)  # at once: quicker
    ]
    found_rows = [_with_journal(row) if row.journal else row for row in whole(rows)]
    sessions = sorted(found_rows, key=lambda row: (row.summary.created, row.summary.id), reverse=True)
    damaged.sort(key=lambda file: file.path)
    outdated = bool(unread or again or gone)
    return Listing(tuple(sessions), tuple(damaged), scan.unlisted, unread, scan.only_journals, outdated)


_LARGEST_READ = 4 << 20
"""Bytes of a session that is read whenever it is listed, because a journal lies beside it: more takes too long."""


_TELLING = ("answer", "thinking", "model")
"""Where words stand that tell which model gave which answer."""


@dataclass(frozen=True, slots=True)
class FoundPlace:
    """Where in a session something that was looked for stands."""

    where: str
    """As in `FoundText`."""
    run: str
    """The id of the request whose answer, thinking or note it is; else empty."""
    extract: Extract


@dataclass(frozen=True, slots=True)
class Hit:
    """A session in which everything that was looked for stands."""

    row: SessionRow
    places: tuple[FoundPlace, ...]
    """The first of them."""

    @property
    def shown(self) -> tuple[FoundPlace, ...]:
        """Those that may be shown: of a session that is scored blind none in its answers."""
        if not self.row.summary.concealed:
            return self.places
        return tuple(one for one in self.places if one.where not in _TELLING)


def search(index: SessionIndex, scan: Scan, words: str) -> Iterator[Hit]:
    """The sessions in which all these words stand, anywhere, the newest first; none for no words.

    Each word finds what begins with it. Words with a sign between them, such as `left-to-right`, are found together.
    """
    sought = wanted(words)
    matching, rows = _looked_up(index, scan, sought)
    for row in rows:
        files = [file for file in (row.path, *row.parts) if key_of(file) in matching]
        if files:
            yield Hit(row, tuple(_places(index, files, sought)))


def _looked_up(
    index: SessionIndex, scan: Scan, sought: Sequence[Wanted]
) -> tuple[Collection[FileKey], Sequence[SessionRow]]:
    """The files that have the words, and the rows of their sessions."""
    for _ in range(_PATIENCE):
        before = index.lost
        matching = index.matching(sought)
        rows = _rows_of(index, scan, matching)
        if index.lost == before:
            return matching, rows
        deque(catch_up(index, scan), 0)  # What was damaged has no words any more: it may be what is looked for.
    return (), ()


def _with_journal(row: SessionRow) -> SessionRow:
    """The session with what its journal has beyond its file, as whoever opens it finds it."""
    if row.size > _LARGEST_READ:
        return row
    from tui.storage.session_files import load_sessions  # takes long to load, and is seldom needed

    session = next(load_sessions(row.path, skipped=lambda file, error: None), None)
    return row if session is None else row._replace(summary=summary_of(session))


def _rows_of(index: SessionIndex, scan: Scan, keys: Collection[FileKey]) -> Sequence[SessionRow]:
    """The rows of these files. Where one is a further file of a session, those of all: its first is among them."""
    rows = listing(index, replace(scan, files={key: scan.files[key] for key in keys if key in scan.files})).sessions
    return listing(index, scan).sessions if any(row.summary.part_of or row.parts for row in rows) else rows


def _places(index: SessionIndex, files: Sequence[Path], sought: Sequence[Wanted]) -> Iterator[FoundPlace]:
    found = (
        FoundPlace(text.where, text.run, place)
        for file in files
        for text in _texts(index, file)
        if (place := extract(text.text, sought)) is not None
    )
    return islice(found, EXTRACTS)


def _texts(index: SessionIndex, file: Path) -> Sequence[FoundText]:
    """The texts of a file, which is read where the index has lost them meanwhile."""
    texts = index.texts(key_of(file))
    return unpacked(read_entry(file).texts) if texts is None else texts


def _folders(scan: Scan) -> set[str]:
    return {*scan.folders, *(key.folder for key in scan.files)}


def _says(known: Known | None, file: SessionFile) -> bool:
    """Whether the index knows what is in a file."""
    if known is None:
        return False
    return known.stamp == file.stamp or (known.stamp == NEVER and bool(known.reason))
