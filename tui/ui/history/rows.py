"""The rows of the History screen: one for each session, and one for each file that is damaged."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path

from tui.core.sessions.session import SessionState
from tui.core.text.clean import clean_line
from tui.core.text.formatting import data_size
from tui.storage.index.catch_up import Hit
from tui.storage.index.rows import DamagedFile, SessionRow
from tui.ui.widgets.row_table import EMPTY, TableColumn, TableRow

NAME = 2
"""Which column holds the title, and the reason why a file is damaged."""
COLUMNS = (
    TableColumn(""),
    TableColumn("when"),
    TableColumn("title or first prompt", least=28),
    TableColumn("models", rank=3, least=14),
    TableColumn("mode", rank=6),
    TableColumn("answers", rank=2),
    TableColumn("undecided", rank=1, right=True),
    TableColumn("raters", rank=5, least=6),
    TableColumn("size", rank=4, right=True),
    TableColumn("tags", rank=7, least=6),
)
_LONGEST = 120
"""Characters of a cell; the rest of a longer text is left out."""
_FULL = ("done", "empty")
"""States of requests that came to their end."""


class SessionRows:
    """Makes the rows, and keeps them: of ten thousand sessions only what differs is made once more. May be called from
    any thread."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[SessionRow, str, TableRow]] = {}
        """By file, what a row was made of: the session, and who has not decided."""

    def rows(
        self,
        sessions: Collection[SessionRow],
        damaged: Collection[DamagedFile],
        marked: Collection[Path],
        hits: Mapping[Path, Hit] | None,
        rater: str,
    ) -> list[TableRow]:
        """A row for each. `hits` are shown in the place of titles; `rater` is who has not decided."""
        found = hits or {}
        rows = [
            self._plain(row, rater)
            if row.path not in found and row.path not in marked
            else _row(row, row.path in marked, found.get(row.path), rater)
            for row in sessions
        ]
        return rows + [_damaged_row(file) for file in damaged]

    def _plain(self, row: SessionRow, rater: str) -> TableRow:
        known = self._known.get(row.path)
        if known is None or known[:2] != (row, rater):
            known = self._known[row.path] = row, rater, _row(row, False, None, rater)
        return known[2]


def when(created: datetime) -> str:
    """A time of day as it was here."""
    try:
        return f"{created.astimezone():%Y-%m-%d %H:%M}"
    except (OverflowError, OSError, ValueError):
        return f"{created:%Y-%m-%d %H:%M}"  # No clock on this machine has shown that.


def states_text(row: SessionRow) -> str:
    """How many answers there are, and what went otherwise: `6`, `4, 2 failed`, `3, interrupted`."""
    summary = row.summary
    if summary.concealed:
        return str(summary.answers)  # What went otherwise may tell which model it was.
    parts = [str(sum(summary.states.get(state, 0) for state in _FULL))]
    parts += [f"{count} {state}" for state, count in summary.states.items() if state not in _FULL and count]
    if summary.state != SessionState.FINISHED.value:
        parts.append("open or broken off" if row.journal else summary.state)
    return ", ".join(parts)


def models_text(row: SessionRow) -> str:
    """Its models, in the order of their panes; not those of a session that is looked at blind."""
    return "concealed" if row.summary.concealed else ", ".join(row.summary.models)


def _row(row: SessionRow, marked: bool, hit: Hit | None, rater: str) -> TableRow:
    summary = row.summary
    cells = (
        f"[{'x' if marked else ' '}]",
        when(summary.created),
        hit_text(hit) or summary.name,
        models_text(row),
        ", ".join(summary.modes),
        states_text(row),
        str(summary.undecided(rater) or EMPTY),
        ", ".join(summary.raters),
        data_size(row.size),
        ", ".join(summary.tags),
    )
    return TableRow(str(row.path), tuple(clean_line(cell or EMPTY, _LONGEST) for cell in cells), "", (str(row.path),))


def hit_text(hit: Hit | None) -> str:
    """Where in a session the words stand; empty for no hit."""
    place = next(iter(hit.shown if hit is not None else ()), None)
    if place is None:
        return ""
    # What was found comes near the beginning of a column that may be narrow.
    before = place.extract.before[-16:]
    cut = "…" if len(before) < len(place.extract.before) else ""
    return f"{place.where}: {cut}{before}{place.extract.found}{place.extract.after}"


def _damaged_row(file: DamagedFile) -> TableRow:
    cells = ["[ ]", "", f"{file.path.name}: {file.reason}", *[""] * (len(COLUMNS) - 3)]
    cells[8] = data_size(file.size)
    return TableRow(str(file.path), tuple(clean_line(cell or EMPTY, _LONGEST) for cell in cells), "failed")
