"""Takes scores that were given outside of the program into the files of their sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tui.core.errors import BadInputError
from tui.core.scoring.disagreement import shared_answers, who_decides
from tui.core.scoring.rating import Rater, Score
from tui.core.scoring.score_sheet import FilledRow, RefusedRow, TakenIn, session_key, taken_in
from tui.core.sessions.entry_dict import add_entry
from tui.core.sessions.session import Session
from tui.runner.kept_session import load_kept, session_to_add_to


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a sheet."""

    new: int
    changed: int
    """Scores and notes that replace others of the same rater."""
    same: int
    """Those that were there already."""
    refused: tuple[RefusedRow, ...]
    """Rows that were left out, in their order."""
    raters: tuple[str, ...]
    """Whose scores and notes were added."""
    files: tuple[Path, ...]
    """The files that were written."""


def sessions_by_id(files: Sequence[Path]) -> dict[str, tuple[Path, Session]]:
    """The sessions of these files. Raises BadInputError when one is none, or two are the same."""
    found: dict[str, tuple[Path, Session]] = {}
    for file in files:
        session = load_kept(file)
        if session.id in found:
            raise BadInputError(
                f"{found[session.id][0]} and {file} are the same session",
                hint="Name one of them; `sessions merge` makes one of several people's.",
            )
        found[session.id] = file, session
    return found


def import_scores(
    files: Sequence[Path], rows: Sequence[FilledRow], rater: str, *, named: bool, decided: bool = False
) -> Imported:
    """Add what the rows say to the sessions in these files: as `rater`'s where a row does not say whose it is.

    `named` is whether `rater` was asked for by name: then rows of others are refused. What was `decided` is kept as
    that of a rater of its own, who settles what people gave these answers. Raises CompareError when a file cannot be
    read or written; what was written before stays.
    """
    sessions = sessions_by_id(files)
    at = datetime.now(UTC)
    if decided:
        for _, session in sessions.values():
            try:
                who_decides(session.raters, (), rater)
            except ValueError as error:
                raise BadInputError(
                    f"Nothing can be decided as {rater}", f"{error}", "Name another with --rater."
                ) from error
    # First without changing anything: rows of a session that is not there are refused once, not for each file.
    seen = taken_in([session for _, session in sessions.values()], rows, rater, at, whoever=not named and not decided)
    wanted = {session for session, _ in seen.ratings}
    refused = {one.number for one in seen.refused}
    good = [row for row in rows if row.number not in refused]
    added: list[tuple[Path, TakenIn]] = []
    for key, (file, _) in sessions.items():
        if key not in wanted:
            continue
        with session_to_add_to(file) as session:
            mine = [row for row in good if row.row.session.strip() == session_key(session)]
            found = taken_in([session], mine, rater, at, whoever=not named and not decided)
            _add(session, found, decided=decided)
        added.append((file, found))
    return Imported(
        sum(one.new for _, one in added),
        sum(one.changed for _, one in added),
        seen.same,
        seen.refused,
        tuple(dict.fromkeys(name for _, one in added for _, name in one.ratings)),
        tuple(file for file, one in added if one.ratings),
    )


def _add(session: Session, found: TakenIn, *, decided: bool) -> None:
    for (_, name), ratings in found.ratings.items():
        if decided:
            runs = {(one.run, one.criterion) for one in ratings if isinstance(one, Score)}
            session.raters[name] = who_decides(session.raters, _who_gave(session, runs), name)
        else:
            session.raters.setdefault(name, Rater(name))
        for rating in ratings:
            add_entry(session, rating)


def _who_gave(session: Session, answers: set[tuple[str, str]]) -> list[str]:
    """The people who scored these answers for these criteria."""
    shared = shared_answers(session, session.raters)
    return sorted({name for one in shared if (one.run, one.criterion) in answers for name, _ in one.scores})


def given_by_people(session: Session) -> Mapping[tuple[str, str], str]:
    """The answers that people differ about, by run and criterion, those they differ about most first: who gave what."""
    return {
        (one.run, one.criterion): ", ".join(f"{name} {value}" for name, value in one.scores)
        for one in shared_answers(session, session.raters)
        if one.apart and one.decided is None
    }
