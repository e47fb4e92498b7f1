"""A part of a report, and what its tables call the rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tui.core.plans.mode import Mode
from tui.report.formats.narrow_tables import Table, Titled, numbered_names
from tui.report.report import Report
from tui.report.row_names import row_names
from tui.report.subject import Subject

IN_MODE = {Mode.MEASURE: "measured", Mode.RACE: "raced"}


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report."""

    title: str
    sentences: tuple[str, ...] = ()
    tables: tuple[Titled, ...] = ()
    remarks: tuple[str, ...] = ()
    """How the tables are to be read."""
    grouped: bool = False
    """Whether rows of the tables without any cell are headings of the rows below them."""


def table_names(report: Report, *, modes: bool = False) -> dict[Subject, str]:
    """What the tables call each row: its number and name, and its mode where `modes` are to be told apart. A row that
    lacks what is required has no number."""
    lacking = row_names((*report.rows, *report.failing))[len(report.rows) :]
    names = {row.subject: f"   {name}" for row, name in zip(report.failing, lacking, strict=True)}
    both = modes and len({row.subject.mode for row in report.rows}) > 1
    for mode in Mode:
        of_mode = [row for row in report.rows if row.subject.mode is mode]
        for row, name in zip(of_mode, numbered_names(of_mode), strict=True):
            names[row.subject] = f"{name}, {IN_MODE[mode]}" if both else name
    return names


def flat(section: Section) -> Section:
    """The section with the headings of groups in front of each row, for formats in which every row stands alone."""
    if not section.grouped:
        return section
    return replace(section, grouped=False, tables=tuple(Titled(title, _flat(table)) for title, table in section.tables))


def _flat(table: Table) -> Table:
    headings, rows = table
    made, group = [], ""
    for first, *cells in rows:
        if not any(cells):
            group = first
        else:
            made.append((group, first.strip(), *cells))
    return ["", "model", *(heading.replace("\n", ", ") for heading in headings[1:])], made
