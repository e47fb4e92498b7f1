"""Session files: reading them as the untrusted input they are, and writing them so that they read back the same."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TypeVar

from tui import private_files
from tui.core.dict_reader import Table
from tui.core.errors import BadInputError, CompareError, StoreError, reason_of
from tui.core.requests.answer_limits import shortened
from tui.core.requests.request import Request
from tui.core.sessions.entry_dict import complete_entries
from tui.core.sessions.session import PART_OF, Session, newer_schema
from tui.core.sessions.session_dict import (
    ARRAYS,
    END,
    ENTRIES,
    request_to_dict,
    session_from_dict,
    session_to_dict,
    table_with_unknown,
)
from tui.core.text.formatting import data_size
from tui.files import is_missing, is_there, open_regular, parse_toml, read_regular, read_toml
from tui.storage.atomic_file import write_atomic
from tui.storage.file_lock import lock_holder, lock_path
from tui.storage.journal import SUFFIX, journal_path
from tui.storage.journal_replay import completed
from tui.storage.paths import sessions_dir, state_dir
from tui.storage.session_parts import is_part, joined, part_path, split
from tui.storage.toml_writer import emit, emit_table, storable

MAX_BYTES = 64 << 20

_K = TypeVar("_K")


def new_session_id(now: datetime) -> str:
    """A name for a session that says when it began (UTC) and nothing else: `20261122T110301Z-7f3a`."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


def load_whole(path: Path) -> Session:
    """The session that begins in a file, with what is in further ones. Raises BadInputError as `load` does."""
    session, number = load(path), 2
    while (part := _further(path, number, session)) is not None:
        session, number = joined(session, part), number + 1
    return session


def _further(path: Path, number: int, session: Session) -> Session | None:
    """The part of this number of the session that begins at `path`, if there is one. Raises BadInputError."""
    more = part_path(path, number)
    try:
        if is_missing(more):
            return None
    except OSError as error:
        raise _refusal(more, reason_of(error)) from error
    part = load(more)
    return part if is_part(part, session) else None


def load(path: Path) -> Session:
    """The session in a file, or its part of one. Raises BadInputError, which names the file and what is wrong."""
    try:
        return session_from_dict(read_toml(path, MAX_BYTES))
    except (OSError, ValueError, OverflowError) as error:
        raise _refusal(path, reason_of(error), there=not isinstance(error, FileNotFoundError)) from error


def load_sessions(
    files: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | None = None,
    *,
    skipped: Callable[[Path, CompareError], object] | None = None,
    why_not: Callable[[Session], BadInputError | None] = lambda session: None,
) -> Iterator[Session]:
    """The sessions of these files and folders, one after another; without any those that the program keeps.

    A file that cannot be read raises BadInputError, unless `skipped` is given: it is called with the file and the
    reason, and the others are read. A session too large for one file comes in parts of the same `whole_id`. One that a
    program has open, or left behind when it died, comes whole, with what its journal has and its file lacks. `why_not`
    says why a session is to be left out, like a file that cannot be read.
    """
    if files is None:
        places: list[Path] = [sessions_dir()]
    elif isinstance(files, str | os.PathLike):
        places = [Path(files)]
    else:
        places = [Path(file) for file in files]
    for _, session in sessions_with_files(places, skipped=skipped, why_not=why_not):
        yield session


def sessions_with_files(
    places: Iterable[Path],
    *,
    skipped: Callable[[Path, CompareError], object] | None = None,
    why_not: Callable[[Session], BadInputError | None] = lambda session: None,
    read: ReadSessions | None = None,
) -> Iterator[tuple[Path, Session]]:
    """As `load_sessions`, each with its file. What `read` has is not read again where its file is as it was."""

    def nothing(file: Path, real: str) -> None:
        return None

    return sessions_or_known(places, nothing, skipped=skipped, why_not=why_not, read=read)


def sessions_or_known(
    places: Iterable[Path],
    known: Callable[[Path, str], _K | None],
    *,
    skipped: Callable[[Path, CompareError], object] | None = None,
    why_not: Callable[[Session], BadInputError | None] = lambda session: None,
    read: ReadSessions | None = None,
) -> Iterator[tuple[Path, Session | _K]]:
    """As `sessions_with_files`; in a session's place what is `known` of its file without reading it, if anything is.

    `known` is given the file's path, and that without symbolic links. It is not asked of sessions that have a journal.
    """
    places = list(places)
    found, unlisted = _collected(places)
    for place, error in unlisted:
        _skip(place, error, skipped)
    journals_in = _Journals(state_dir())
    looked_for = {} if journals_in.none_in(places) else found
    journals = {real: there for real, file in looked_for.items() if (there := journals_in.of(file))}
    whole = set[str]()
    for real, of_file in journals.items():
        file = found[real]
        try:
            session = _with_journals(file, of_file, skipped)
        except BadInputError as error:
            _skip(file, error, skipped)
            continue
        whole.add(session.id)
        yield from _unless(why_not, file, session, whole, skipped)
    for real, file in found.items():
        if real in journals:
            continue
        if (instead := known(file, real)) is not None:
            yield file, instead
            continue
        try:
            session = load(file) if read is None else read.load(file)
        except BadInputError as error:
            _skip(file, error, skipped)
            continue
        yield from _unless(why_not, file, session, whole, skipped)


def _unless(
    why_not: Callable[[Session], BadInputError | None],
    file: Path,
    session: Session,
    whole: Collection[str],
    skipped: Callable[[Path, CompareError], object] | None,
) -> Iterator[tuple[Path, Session]]:
    """The session, unless it is to be left out, or is a part of one that came whole."""
    if PART_OF in session.extra and session.whole_id in whole:
        return
    if (left_out := why_not(session)) is not None:
        _skip(file, left_out, skipped)
    else:
        yield file, session


class ReadSessions:
    """Sessions that were read, for whoever reads the same files again and again. None of them may be changed."""

    def __init__(self, most: int = 64 << 20) -> None:
        """`most` is how many bytes of files are kept; what is read beyond them is read each time."""
        self._most = most
        self._taken = 0
        self._kept: dict[Path, tuple[tuple[int, int, int, int], Session]] = {}

    def load(self, path: Path) -> Session:
        """As `load`."""
        try:
            status = path.stat()
        except OSError:
            return load(path)  # It says what is wrong.
        # A file can be given the time back that it had; when it was changed last it cannot.
        stamp = *stamp_of(status), status.st_ctime_ns
        known = self._kept.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        session = load(path)
        if known is not None:
            self._taken -= self._kept.pop(path)[0][0]
        if self._taken + stamp[0] <= self._most:
            self._kept[path] = stamp, session
            self._taken += stamp[0]
        return session


class _Journals:
    """The journals that go on where session files end."""

    def __init__(self, spare: Path) -> None:
        """`spare` is the folder of those whose own folder could not be written."""
        self._spare = str(spare)
        self._names: dict[str, Collection[str] | None] = {}
        """What is in each folder; None where it cannot be listed."""

    def none_in(self, places: Iterable[Path]) -> bool:
        """Whether it is certain that no session file of these has a journal."""
        folders = {str(place) if os.path.isdir(place) else os.path.dirname(place) for place in places}  # noqa: PTH112, PTH120
        return all(self._names_in(folder) == set() for folder in (*folders, self._spare))

    def of(self, file: Path) -> list[Path]:
        """Those of a session's file."""
        # Not by the path's own properties, which take far longer: there may be thousands.
        beside, name = os.path.split(file)
        session_id = os.path.splitext(name)[0]  # noqa: PTH122
        folders = [folder for folder in (beside, self._spare) if self._may_be_in(folder, session_id)]
        return [path for folder in folders if is_there(path := journal_path(Path(folder), session_id))]

    def _may_be_in(self, folder: str, session_id: str) -> bool:
        among = self._names_in(folder)
        return among is None or session_id in among

    def _names_in(self, folder: str) -> Collection[str] | None:
        if folder not in self._names:
            names: Collection[str] | None = None
            try:
                names = {name.removesuffix(SUFFIX) for name in os.listdir(folder or ".") if name.endswith(SUFFIX)}  # noqa: PTH208
            except FileNotFoundError:
                names = set()
            except OSError:
                pass  # It may hold any.
            self._names[folder] = names
        return self._names[folder]


def _with_journals(
    file: Path, journals: Sequence[Path], skipped: Callable[[Path, CompareError], object] | None
) -> Session:
    """The session with what its journals know beyond its file; of one that runs, the requests that have ended."""
    running = any(lock_holder(lock_path(path.parent, file.stem)) is not None for path in journals)
    session = load_whole(file)  # Before the journals, which only grow: they lack nothing that it has not.
    try:
        return completed(session, journals, running=running).session
    except FileNotFoundError:
        return load_whole(file)  # Its program has ended meanwhile, and everything is in the file.
    except (StoreError, OSError) as error:
        if skipped is not None:
            reason = error if isinstance(error, StoreError) else _refusal(journals[0], reason_of(error))
            skipped(journals[0], reason)
        return session


def _skip(where: Path, error: BadInputError, skipped: Callable[[Path, CompareError], object] | None) -> None:
    if skipped is None:
        raise error
    skipped(where, error)


Stamp = tuple[int, int, int]
"""Of a file: bytes, when it was written, and its number on its disk."""


def stamp_of(status: os.stat_result) -> Stamp:
    """What tells whether a file was written since."""
    return status.st_size, status.st_mtime_ns, status.st_ino


@dataclass
class SaveCache:
    """What a writer has saved of its session: a growing one is neither emitted nor parsed again from its beginning."""

    texts: dict[str, tuple[Request, int, bytes]] = field(default_factory=dict)
    """By run: its request, the revision of it that was written, and the text."""
    files: dict[Path, list[bytes]] = field(default_factory=dict)
    """What each file holds, if nobody else has written it since."""
    written: int = 0
    """How many bytes of files were written, or tried, since the cache was made."""
    looked: bool = False
    """Whether files of an earlier writer have been looked for."""
    guarded: bool = False
    """Whether what somebody else wrote meanwhile is not replaced but set aside."""
    stamps: dict[Path, Stamp] = field(default_factory=dict)
    """What each file was like when it was read or written last."""
    set_aside: list[tuple[Path, Path]] = field(default_factory=list)
    """Files that somebody else had written, and where they are, until somebody has said so."""

    def saw(self, path: Path, size: int | None = None) -> None:
        """Note what a file is like: it is about to be read, or has been written, in `size` bytes."""
        self.stamps.pop(path, None)
        with contextlib.suppress(OSError):
            stamp = stamp_of(path.stat())
            if size in (None, stamp[0]):  # Else somebody was quicker.
                self.stamps[path] = stamp


def save(session: Session, path: Path, cache: SaveCache | None = None) -> list[Path]:
    """Write a session file, whole or not at all, and return its paths. Raises StoreError.

    What is written is parsed and compared before it replaces the old file. A session too large for one file goes on
    in others beside it (`tui.storage.session_parts`). `cache` belongs to one session and one writer.
    """
    if session.read_only:
        raise StoreError(f"{path.name} was left as it is", newer_schema(session), "Update this program.")
    cache = SaveCache() if cache is None else cache
    complete_entries(session)
    # Before the requests are read: what is learnt meanwhile is written once more, instead of never.
    revisions = {run: request.revision for run, request in session.requests.items()}
    fresh = {
        run: shortened(request)
        for run, request in session.requests.items()
        if not _is_known(request, cache.texts.get(run))
    }
    try:
        rows = storable(
            [table_with_unknown(session, "run", run, request_to_dict(request)) for run, request in fresh.items()]
        )
        tables = dict(zip(fresh, rows, strict=True))
        texts = {run: emit_table("run", row).encode("utf-8") for run, row in tables.items()}
    except (TypeError, ValueError, RecursionError) as error:
        raise _unsaved(path, error) from error
    for run, text in texts.items():
        cache.texts[run] = (session.requests[run], revisions[run], text)
    parts = split(session, {run: len(cache.texts[run][2]) for run in session.requests})
    paths = [part_path(path, number) for number in range(1, len(parts) + 1)]
    unproven = {run: tables[run] for run in fresh}
    try:
        for file in paths[1:]:
            if file not in cache.files:
                _check_own(file, session)
        # The last first: a run that moves on to the next file is there before it leaves its old one.
        for part, file in reversed(list(zip(parts, paths, strict=True))):
            _save_part(part, file, cache, unproven)
    except BaseException:
        for run in fresh:
            del cache.texts[run]
        raise
    for run, request in fresh.items():
        if not request.state.final:
            del cache.texts[run]
    _remove_old_parts(path, len(paths), session, cache)
    return paths


def _check_own(file: Path, session: Session) -> None:
    """Raises StoreError when a further part would take the place of something else."""
    try:
        if is_missing(file) or is_part(load(file), session):
            return
        detail = f"{file} is another session"
    except (OSError, BadInputError) as error:
        detail = f"{file} is there, and is not known to be a part of it"
        raise StoreError("The session cannot go on in a further file", detail, "Move that file away.") from error
    raise StoreError("The session cannot go on in a further file", detail, "Move that file away.")


def _remove_old_parts(path: Path, count: int, session: Session, cache: SaveCache) -> None:
    """Remove the files that a session of fewer parts does not need any more, and whose runs it has.

    One that cannot be removed is no failure: its runs are counted once.
    """
    while (file := part_path(path, count + 1)) in cache.files or (not cache.looked and _is_old_part(file, session)):
        cache.files.pop(file, None)
        with contextlib.suppress(OSError):
            file.unlink()
        count += 1
    cache.looked = True


def _is_old_part(file: Path, session: Session) -> bool:
    try:
        part = None if is_missing(file) else load(file)
    except (OSError, BadInputError):
        return False
    return part is not None and is_part(part, session) and part.requests.keys() <= session.requests.keys()


def _is_known(request: Request, known: tuple[Request, int, bytes] | None) -> bool:
    return known is not None and known[0] is request and known[1] == request.revision


def _save_part(part: Session, path: Path, cache: SaveCache, unproven: dict[str, Table]) -> None:
    rows = {run: unproven[run] for run in part.requests if run in unproven}
    texts = [cache.texts[run][2] for run in part.requests]
    try:
        tables = _tables(part, list(rows.values()))
        whole = _compose(tables, texts)
        if cache.files.get(path) == whole and _size(path) == sum(map(len, whole)) + len(whole) - 1:
            return
        data = b"\n".join(whole)
    except (TypeError, ValueError, RecursionError) as error:
        raise _unsaved(path, error) from error
    if len(data) > MAX_BYTES:
        raise StoreError(
            f"{path.name} could not be saved",
            f"The session has grown beyond the {data_size(MAX_BYTES)} that can be read back",
            "Start a new session.",
        )

    def check(written: bytes) -> None:
        if written != data:
            raise ValueError("the disk gave back something else.")
        around = {key: value for key, value in tables.items() if key != "run"}
        parsed = _read_back(b"\n".join(_compose(tables, [])), around)
        runs = [_read_back(cache.texts[run][2], {"run": [row]})["run"][0] for run, row in rows.items()]
        session_from_dict({**parsed, "run": runs, "end": {**parsed["end"], "runs": len(runs)}})

    if cache.guarded:
        _set_foreign_aside(path, part, cache)
    cache.files.pop(path, None)
    cache.written += len(data)
    write_atomic(path, data, check)
    cache.files[path] = whole
    cache.saw(path, len(data))


def _set_foreign_aside(path: Path, part: Session, cache: SaveCache) -> None:
    """Give what somebody else put in a file's place a name of its own. Raises StoreError when it cannot be kept."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or not _is_foreign(path, part, cache, stamp_of(status)):
            return
        names = (path.with_name(f"{path.stem}~{number}{path.suffix}") for number in count(2))
        aside = next(name for name in names if not os.path.lexists(name))
        _link_or_copy(path.resolve(), aside)
    except FileNotFoundError:
        return
    except OSError as error:
        detail = f"Another program has changed the file, and its version cannot be kept: {reason_of(error)}"
        raise StoreError(f"{path.name} was left as it is", detail, "Move that file away.") from error
    cache.stamps.pop(path, None)
    cache.set_aside.append((path, aside))


def _link_or_copy(file: Path, new: Path) -> None:
    """A second name for a file, which the first one may be taken from; a copy where there are no such names."""
    try:
        os.link(file, new)
    except OSError:
        with open_regular(file) as source, private_files.create(new) as target:
            shutil.copyfileobj(source, target)


def _is_foreign(path: Path, part: Session, cache: SaveCache, stamp: Stamp) -> bool:
    seen, whole = cache.stamps.get(path), cache.files.get(path)
    if stamp == seen:
        return False
    if whole is not None:
        return not _holds(path, b"\n".join(whole))  # Some systems change when a file was written.
    if seen is not None:
        return True
    try:
        return load(path).id != part.id
    except BadInputError:
        return True


def _holds(path: Path, data: bytes) -> bool:
    try:
        return read_regular(path, MAX_BYTES) == data
    except ValueError:
        return False  # It is larger.


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None  # It is to be written then, which says what is wrong.


def _unsaved(path: Path, error: Exception) -> StoreError:
    return StoreError(f"{path.name} could not be saved", f"The session holds what TOML cannot: {error}")


def collect(paths: Sequence[Path]) -> tuple[list[Path], list[tuple[Path, BadInputError]]]:
    """Session files, and the folders that cannot be listed, each with its reason.

    Files are taken as they are given, of a folder everything called `*.toml` but folders, in order; each file once.
    """
    found, errors = _collected(paths)
    return list(found.values()), errors


def _collected(paths: Sequence[Path]) -> tuple[dict[str, Path], list[tuple[Path, BadInputError]]]:
    """The same, the files by their paths without symbolic links."""
    found: dict[str, Path] = {}
    errors: list[tuple[Path, BadInputError]] = []
    for path in paths:
        try:
            if path.is_dir():
                folder = os.path.realpath(path)
                with os.scandir(path) as entries:
                    those = [(entry.name, entry.is_symlink()) for entry in entries if _is_session(entry)]
                # As paths are ordered, which takes far longer to find out.
                for name, linked in sorted(those, key=lambda one: os.path.normcase(one[0])):
                    file = path / name
                    found.setdefault(os.path.realpath(file) if linked else os.path.join(folder, name), file)  # noqa: PTH118
            else:
                found.setdefault(os.path.realpath(path), path)
        except OSError as error:
            errors.append((path, BadInputError(f"The folder {path} cannot be listed", reason_of(error))))
    return found, errors


def _is_session(entry: os.DirEntry[str]) -> bool:
    if not entry.name.endswith(".toml") or entry.name == ".toml":
        return False
    try:
        return not entry.is_dir()
    except OSError:
        return True  # Whoever reads it finds out what it is.


def _refusal(path: Path, reason: str, *, there: bool = True) -> BadInputError:
    reason = reason[:1].upper() + reason[1:]
    hint = "The file was left as it is." if there else "Check the name."
    return BadInputError(f"{path} cannot be read as a session", reason, hint)


def _tables(session: Session, rows: list[Table]) -> Table:
    """The session's tables with only these runs, but the count of all of them."""
    tables: Table = storable(session_to_dict(replace(session, requests={})))
    tables["run"] = rows
    tables["end"]["runs"] = len(session.requests)
    return {key: value for key, value in tables.items() if value or key not in ARRAYS}


def _compose(tables: Table, runs: Iterable[bytes]) -> list[bytes]:
    """The parts of what the file holds, the runs' given as they are; a line feed goes between them."""
    after: Table = {key: tables[key] for key in (*ENTRIES, END) if key in tables}
    before = {key: value for key, value in tables.items() if key != "run" and key not in after}
    return [emit(before).encode("utf-8"), *runs, emit(after).encode("utf-8")]


def _read_back(text: bytes, expected: Table) -> Table:
    """What a text parses to. Raises ValueError unless that is `expected`.

    It is given a run at a time: what looks for deep keys and compares holds up every other thread until it is done.
    """
    parsed = parse_toml(text.decode("utf-8"))
    # As JSON, because true equals 1 and no NaN equals another.
    if json.dumps(parsed, sort_keys=True, default=str) != json.dumps(expected, sort_keys=True, default=str):
        raise ValueError("it parsed to something else.")
    return parsed
