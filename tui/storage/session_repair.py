"""Makes a session file that can be read of one that is damaged. The damaged one stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from tui.core.errors import BadInputError, StoreError, reason_of
from tui.core.sessions.salvage import Loss, session_of
from tui.core.sessions.session import Session, newer_schema
from tui.files import is_missing, is_there, read_regular
from tui.storage.file_lock import lock_holder, lock_path
from tui.storage.journal import journal_path
from tui.storage.journal_replay import completed
from tui.storage.session_files import MAX_BYTES, load, load_whole, save
from tui.storage.session_parts import is_part, joined, part_path
from tui.storage.toml_salvage import decoded, salvaged


@dataclass(frozen=True, slots=True)
class Repaired:
    """What was made of a damaged file."""

    path: Path | None
    """The new file; None where the old one can be read as it is."""
    session: Session
    lost: Sequence[Loss] = field(default=())
    """What could not be read, or is not as it was."""


def repair(path: Path, spare: Path) -> Repaired:
    """Write what can be read of a damaged session into a new file beside it, with what its journals have.

    `spare` is the folder of journals that could not be beside their session. Raises BadInputError when there is
    nothing to be read, or another program has the session open, StoreError when the new file cannot be written.
    """
    journals = [there for folder in (path.parent, spare) if is_there(there := journal_path(folder, path.stem))]
    for folder in dict.fromkeys([path.parent, *(one.parent for one in journals)]):
        if lock_holder(lock_path(folder, path.stem)) is not None:
            raise _refusal(path, "Another program has it open", "Try again when that has ended.")
    try:
        return Repaired(None, load_whole(path))
    except BadInputError:
        session, lost = _whole(path)
    if session.read_only:
        raise _refusal(path, newer_schema(session), "Update this program.")
    if journals:
        try:
            session = completed(session, journals).session
        except (StoreError, OSError) as error:
            reason = error.sentence() if isinstance(error, StoreError) else reason_of(error)
            lost.append(Loss(0, f"its journal could not be taken in: {reason.rstrip('.')}"))
    new = _free_name(path)
    save(session, new)
    return Repaired(new, session, lost)


def _whole(path: Path) -> tuple[Session, list[Loss]]:
    session, lost = _salvaged(path)
    for number in count(2):
        more = part_path(path, number)
        if not is_there(more):
            break
        try:
            part, losses = load(more), list[Loss]()
        except BadInputError:
            part, losses = _salvaged(more)
        if not is_part(part, session):
            break
        session = joined(session, part)
        lost += [Loss(0, f"{more.name}, {loss.said()}") for loss in losses]
    return session, lost


def _salvaged(path: Path) -> tuple[Session, list[Loss]]:
    try:
        data = read_regular(path, MAX_BYTES)
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except (OSError, ValueError) as error:
        there = not isinstance(error, FileNotFoundError)
        raise _refusal(path, reason_of(error), "" if there else "Check the name.") from error
    try:
        return salvage(data, path.stem, written)
    except (ValueError, OverflowError) as error:
        raise _refusal(path, reason_of(error), "The file was left as it is.") from error


def salvage(data: bytes, name: str, written: datetime) -> tuple[Session, list[Loss]]:
    """What can be read of the bytes of a session's file, and what cannot. Raises ValueError when nothing can.

    `name` is that of the file without its ending, `written` when it was last.
    """
    text, lost = decoded(data)
    pieces, losses = salvaged(text)
    lost += losses
    session = session_of(pieces, name, written, lost)
    return session, sorted(lost, key=lambda loss: loss.line or len(data))


def _free_name(path: Path) -> Path:
    """A name beside the old one that nobody has. `-2` at the end would make it a further part of a session."""
    for number in count(1):
        new = path.with_name(f"{path.stem}-repaired{number if number > 1 else ''}.toml")
        if is_missing(new):
            return new
    raise AssertionError  # there is always a next number


def _refusal(path: Path, reason: str, hint: str) -> BadInputError:
    return BadInputError(f"{path} cannot be repaired", reason[:1].upper() + reason[1:], hint)
