"""Session files: reading them as the untrusted input they are, and writing them so that they read back the same."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from tui.core.dict_reader import Table
from tui.core.errors import BadInputError, CompareError, StoreError, reason_of
from tui.core.requests.answer_limits import shortened
from tui.core.requests.request import Request
from tui.core.sessions.session import Session
from tui.core.sessions.session_dict import ARRAYS, request_to_dict, session_from_dict, session_to_dict
from tui.core.text.formatting import data_size
from tui.files import is_missing, parse_toml, read_toml
from tui.storage.atomic_file import write_atomic
from tui.storage.paths import sessions_dir
from tui.storage.session_parts import is_part, joined, part_path, split
from tui.storage.toml_writer import emit, emit_table, storable

MAX_BYTES = 64 << 20


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
) -> Iterator[Session]:
    """The sessions of these files and folders, one after another; without any those that the program keeps.

    A file that cannot be read raises BadInputError, unless `skipped` is given: it is called with the file and the
    reason, and the others are read. A session too large for one file comes in parts of the same `whole_id`.
    """
    if files is None:
        places: list[Path] = [sessions_dir()]
    elif isinstance(files, str | os.PathLike):
        places = [Path(files)]
    else:
        places = [Path(file) for file in files]
    found, unlisted = collect(places)
    for place, error in unlisted:
        _skip(place, error, skipped)
    for file in found:
        try:
            session = load(file)
        except BadInputError as error:
            _skip(file, error, skipped)
        else:
            yield session


def _skip(where: Path, error: BadInputError, skipped: Callable[[Path, CompareError], object] | None) -> None:
    if skipped is None:
        raise error
    skipped(where, error)


@dataclass
class SaveCache:
    """What a writer has saved of its session: a growing one is neither emitted nor parsed again from its beginning."""

    texts: dict[str, tuple[Request, int, bytes]] = field(default_factory=dict)
    """By run: its request, the revision of it that was written, and the text."""
    files: dict[Path, list[bytes]] = field(default_factory=dict)
    """What each file holds, if nobody else has written it since."""
    looked: bool = False
    """Whether files of an earlier writer have been looked for."""


def save(session: Session, path: Path, cache: SaveCache | None = None) -> list[Path]:
    """Write a session file, whole or not at all, and return its paths. Raises StoreError.

    What is written is parsed and compared before it replaces the old file. A session too large for one file goes on
    in others beside it (`tui.storage.session_parts`). `cache` belongs to one session and one writer.
    """
    cache = SaveCache() if cache is None else cache
    # Before the requests are read: what is learnt meanwhile is written once more, instead of never.
    revisions = {run: request.revision for run, request in session.requests.items()}
    fresh = {
        run: shortened(request)
        for run, request in session.requests.items()
        if not _is_known(request, cache.texts.get(run))
    }
    try:
        rows = storable([request_to_dict(request) for request in fresh.values()])
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
        proof = b"\n".join(_compose(tables, [cache.texts[run][2] for run in rows])).decode("utf-8")
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
        _check_parsed(proof, tables, len(rows))

    cache.files.pop(path, None)
    write_atomic(path, data, check)
    cache.files[path] = whole


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
    found: dict[str, Path] = {}
    errors: list[tuple[Path, BadInputError]] = []
    for path in paths:
        try:
            files = sorted(file for file in path.iterdir() if _is_session(file)) if path.is_dir() else [path]
        except OSError as error:
            errors.append((path, BadInputError(f"The folder {path} cannot be listed", reason_of(error))))
        else:
            for file in files:
                found.setdefault(os.path.realpath(file), file)
    return list(found.values()), errors


def _is_session(file: Path) -> bool:
    return file.suffix == ".toml" and not os.path.isdir(file)  # noqa: PTH112 - never raises, whatever the file is


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
    after: Table = {key: tables[key] for key in ("score", "note", "end") if key in tables}
    before = {key: value for key, value in tables.items() if key != "run" and key not in after}
    return [emit(before).encode("utf-8"), *runs, emit(after).encode("utf-8")]


def _check_parsed(text: str, tables: Table, runs: int) -> None:
    """Raises ValueError unless `text` parses to `tables`, and these make a session."""
    parsed = parse_toml(text)
    # As JSON, because true equals 1 and no NaN equals another.
    if json.dumps(parsed, sort_keys=True, default=str) != json.dumps(tables, sort_keys=True, default=str):
        raise ValueError("it parsed to something else.")
    session_from_dict({**parsed, "end": {**parsed["end"], "runs": runs}})
