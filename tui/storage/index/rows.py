"""Sessions as a list shows them: one row for each, and one for each file that cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tui.core.errors import BadInputError
from tui.core.sessions.summary import SessionSummary


class SessionRow(NamedTuple):
    """A session that can be read. A tuple, for lists make thousands of them."""

    path: Path
    """Its first file."""
    size: int
    """Bytes of all its files."""
    mtime_ns: int
    """When one of them was last written."""
    summary: SessionSummary
    parts: tuple[Path, ...] = ()
    """Its further files, where it was too large for one."""
    journal: bool = False
    """Whether a journal lies beside it: a program has it open, or died and left in it what the file lacks."""


@dataclass(frozen=True, slots=True)
class DamagedFile:
    """A file that cannot be read as a session."""

    path: Path
    reason: str
    """A sentence without its full stop, raw."""
    size: int | None = None
    """Bytes; None when that is not known."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What is in some folders."""

    sessions: tuple[SessionRow, ...]
    """The newest first."""
    damaged: tuple[DamagedFile, ...]
    """In the order of their names."""
    unlisted: tuple[BadInputError, ...] = ()
    """Folders that cannot be listed."""
    unread: int = 0
    """How many files have not been read yet."""
    only_journals: bool = False
    """As in `Scan`."""
    outdated: bool = False
    """Whether `catch_up` has something to do: files to read, to try again, or to leave out."""


def whole(rows: Sequence[SessionRow]) -> list[SessionRow]:
    """The rows with the further files of a session in the row of its first; a part whose first is not there stays."""
    if not any(row.summary.part_of for row in rows):
        return list(rows)
    firsts = {(row.path.parent, row.summary.id): row for row in rows if not row.summary.part_of}
    joined: dict[Path, SessionRow] = {row.path: row for row in firsts.values()}
    for row in sorted((row for row in rows if row.summary.part_of), key=lambda row: (len(row.path.name), row.path)):
        first = firsts.get((row.path.parent, row.summary.part_of))
        if first is None:
            joined[row.path] = row
        else:
            joined[first.path] = _joined(joined[first.path], row)
    # Copies of one session have one id, and each is a file of its own.
    return [joined.get(row.path, row) for row in rows if not row.summary.part_of or row.path in joined]


def _joined(first: SessionRow, part: SessionRow) -> SessionRow:
    one, two = first.summary, part.summary
    states, decided = dict(one.states), dict(one.decided)
    for state, count in two.states.items():
        states[state] = states.get(state, 0) + count
    for rater, count in two.decided.items():
        decided[rater] = decided.get(rater, 0) + count
    hidden = one.concealed or two.concealed
    summary = one._replace(
        prompts=one.prompts + two.prompts,
        models=one.models if hidden else tuple(dict.fromkeys(one.models + two.models)),
        hosts=tuple(dict.fromkeys(one.hosts + two.hosts)) if not hidden else (),
        modes=tuple(dict.fromkeys(one.modes + two.modes)),
        states={} if hidden else states,
        made=one.made + two.made,
        answers=one.answers + two.answers,
        raters=tuple(dict.fromkeys(one.raters + two.raters)),
        decided=decided,
        concealed=hidden,
        hidden_from={
            rater: one.hidden_from.get(rater, False) or two.hidden_from.get(rater, False)
            for rater in {**one.hidden_from, **two.hidden_from}
        },
    )
    return first._replace(
        size=first.size + part.size,
        mtime_ns=max(first.mtime_ns, part.mtime_ns),
        summary=summary,
        parts=(*first.parts, part.path),
    )
