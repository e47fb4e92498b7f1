"""A report: its rows, what they were made of, and what is found in them when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tui.core.displayed import Displayed, ShownTable
from tui.core.references import Reference
from tui.report.judges import Judge, judges
from tui.report.matching import match
from tui.report.options import ReportOptions
from tui.report.pair_times import metrics_called
from tui.report.pairs import Matches
from tui.report.raters import Agreed, agreements
from tui.report.rows import Row

if TYPE_CHECKING:
    from tui.report.changes import Change


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that lacks what is required."""

    row: str
    """Its name; see `tui.report.row_names`."""
    reasons: tuple[str, ...]
    """What it lacks, each as a sentence without its stop."""


@dataclass(frozen=True)
class Report(Displayed):
    """The rows, and what they were made of. As a text it is the report for a terminal."""

    rows: tuple[Row, ...]
    sessions: int
    skipped: tuple[tuple[str, str], ...] = ()
    """Files that could not be read: name and reason, given by the caller."""
    notes: tuple[str, ...] = ()
    """What a reader must know to compare the rows, as sentences."""
    left_out: tuple[LeftOut, ...] | None = None
    """Rows that there would be, but for what is required of them; None where nothing is."""
    options: ReportOptions = field(default_factory=ReportOptions)
    """What is shown besides what every report has."""
    failing: tuple[Row, ...] = ()
    """The rows that `left_out` names."""
    changes: tuple[Change, ...] | None = None
    """What became of each model and prompt since the baseline; None where there is no baseline."""
    filtered_out: int = 0
    """Runs that filters left out."""
    unlike: tuple[str, ...] = ()
    """Those of the notes that name sessions of which files differ: a part of what was given is not counted."""
    references: tuple[Reference, ...] = ()
    """Figures of other programs, given by the caller: shown, and never counted."""
    judged: tuple[Judge, ...] = ()
    """The models that judged, in each session; see `judges`."""

    @cached_property
    def matches(self) -> Matches:
        """Which of the rows may be compared, on the prompts that both were asked, for all figures or for those that are
        asked for by name."""
        rows = [(row.subject, row.requests) for row in self.rows]
        floors = {row.subject: row.floors for row in self.rows}
        names = self.options.figure_names
        return match(rows, floors, metrics_called(names) if names else None, rated=not names or "quality" in names)

    @cached_property
    def agreements(self) -> list[Agreed]:
        """How far raters agree who scored the same answers."""
        return agreements((row.subject, row.requests) for row in self.rows)

    def __repr__(self) -> str:
        return f"<Report of {self.sessions} sessions: {len(self.rows)} rows>"

    @property
    def judges(self) -> tuple[Judge, ...]:
        """The models that judged, of all sessions together."""
        return judges(self.judged, self.agreements)

    def to_pandas(self, rows: str = "models") -> Any:
        """A table of pandas with the rows and columns of the CSV: `models` are the report's rows, `requests` each
        answer, `comparisons` each two models and figure. What is unknown is NA; times are ms, rates are per second.
        Raises BadInputError where pandas is not installed, and for another table."""
        from tui.report.formats.data_frame import frame_of

        return frame_of(self, rows)

    def _tables(self) -> Sequence[ShownTable]:
        from tui.report.formats.shown import shown_tables

        return shown_tables(self)

    def text(self, width: int) -> str:
        """The report for a terminal, whose lines are as wide as `COLUMNS` says, or 80 cells."""
        from tui.report.formats.text import render

        return render(self).rstrip("\n")
