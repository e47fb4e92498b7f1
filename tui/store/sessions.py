"""Session files: reading them as the untrusted input they are, and writing them so that they read back the same."""

from __future__ import annotations

import json
import os
import secrets
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tui.core.errors import BadInputError, StoreError
from tui.core.lane import Lane
from tui.core.session import Session
from tui.core.session_dict import session_from_dict, session_to_dict
from tui.core.tables import Table
from tui.files import read_toml, reason
from tui.store.atomic import write_atomic
from tui.store.emitter import emit, emit_table, storable

MAX_BYTES = 64 << 20
_ROWS = ("plan", "model", "prompt", "run", "score", "note")


def new_session_id(now: datetime) -> str:
    """A name for a session that says when it began (UTC) and nothing else: `20261122T110301Z-7f3a`."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


def load(path: Path) -> Session:
    """The session in a file. Raises BadInputError, which names the file and what is wrong with it."""
    try:
        return session_from_dict(read_toml(path, MAX_BYTES))
    except (OSError, ValueError, OverflowError) as error:
        raise _refusal(path, reason(error)) from error


def save(session: Session, path: Path, cache: dict[str, bytes] | None = None) -> None:
    """Write a session file, whole or not at all. Raises StoreError.

    What is written is parsed and compared before it replaces the old file. `cache` keeps the bytes of final runs by
    their ids, so that a growing session is neither emitted nor parsed again from its beginning; it belongs to one
    session and one writer.
    """
    known = {} if cache is None else cache
    fresh = {run: lane for run, lane in session.lanes.items() if run not in known}
    try:
        tables = _tables(session, fresh)
        rows = tables.get("run", [])
        texts = {run: emit_table("run", row).encode("utf-8") for run, row in zip(fresh, rows, strict=True)}
        data = _compose(tables, (known.get(run) or texts[run] for run in session.lanes))
        proof = _compose(tables, texts.values()).decode("utf-8")
    except (TypeError, ValueError, RecursionError) as error:
        raise StoreError(f"{path.name} could not be saved", f"The session holds what TOML cannot: {error}") from error
    if len(data) > MAX_BYTES:
        raise StoreError(
            f"{path.name} could not be saved",
            f"The session has grown beyond the {MAX_BYTES >> 20} MB that can be read back",
            "Start a new session.",
        )

    def check(written: bytes) -> None:
        if written != data:
            raise ValueError("the disk gave back something else.")
        _check_parsed(proof, tables, len(fresh))

    write_atomic(path, data, check)
    if cache is not None:
        cache |= {run: text for run, text in texts.items() if fresh[run].state.final}


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
            errors.append((path, BadInputError(f"The folder {path} cannot be listed", reason(error))))
        else:
            for file in files:
                found.setdefault(os.path.realpath(file), file)
    return list(found.values()), errors


def _is_session(file: Path) -> bool:
    return file.suffix == ".toml" and not os.path.isdir(file)  # noqa: PTH112 - never raises, whatever the file is


def _refusal(path: Path, reason: str) -> BadInputError:
    reason = reason[:1].upper() + reason[1:]
    return BadInputError(f"{path} cannot be read as a session", reason, "The file was left as it is.")


def _tables(session: Session, fresh: dict[str, Lane]) -> Table:
    """The session's tables with only these runs, but the count of all of them."""
    tables: Table = storable(session_to_dict(replace(session, lanes=fresh)))
    tables["end"]["runs"] = len(session.lanes)
    return {key: value for key, value in tables.items() if value or key not in _ROWS}


def _compose(tables: Table, runs: Iterable[bytes]) -> bytes:
    """What the file holds, the runs' given as they are."""
    after: Table = {key: tables[key] for key in ("score", "note", "end") if key in tables}
    before = {key: value for key, value in tables.items() if key != "run" and key not in after}
    return b"\n".join([emit(before).encode("utf-8"), *runs, emit(after).encode("utf-8")])


def _check_parsed(text: str, tables: Table, runs: int) -> None:
    """Raises ValueError unless `text` parses to `tables`, and these make a session."""
    parsed = tomllib.loads(text)
    # As JSON, because true equals 1 and no NaN equals another.
    if json.dumps(parsed, sort_keys=True, default=str) != json.dumps(tables, sort_keys=True, default=str):
        raise ValueError("it parsed to something else.")
    session_from_dict({**parsed, "end": {**parsed["end"], "runs": runs}})
