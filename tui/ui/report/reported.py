"""What the Report screen is given to show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tui.core.errors import BadInputError
from tui.report.changes import Change
from tui.report.report import Report
from tui.report.rows import Row
from tui.report.subject import Subject
from tui.ui.report.baselines import KeptSession
from tui.ui.report.figures import FigureColumn, ShownRow
from tui.ui.report.narrowing import FilterBy
from tui.ui.report.pages import PageKind, ReportPage
from tui.ui.report.wanted import Wanted


@dataclass(frozen=True, slots=True)
class Reported:
    """What was kept adds up to this, as it is wanted."""

    wanted: Wanted
    report: Report | None
    """None where there is nothing to report on."""
    why_none: BadInputError | None
    known: Mapping[FilterBy, tuple[str, ...]]
    """The values that all sessions have, whatever the filters."""
    files: Mapping[str, Path]
    """Where each session is, by its whole id."""
    sessions: tuple[KeptSession, ...]
    """All of them, the latest first."""
    rows: tuple[ShownRow, ...]
    pages: tuple[ReportPage, ...]
    compared: Callable[[Row, FigureColumn], list[str]]
    """As `figures.compared` makes it, which takes long."""
    changes: Mapping[tuple[Subject, str], Change]
    """As `figures.changes_by_figure` makes it."""
    left_out: tuple[tuple[str, str], ...]
    """Files and sessions that are not in it: name and reason."""

    @property
    def imported(self) -> int:
        """How many of the pages are of what was imported."""
        return sum(page.kind is PageKind.IMPORT for page in self.pages)
