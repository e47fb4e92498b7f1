"""What the Report screen shows in place of its table: plots, and parts of the text report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial

from tui.report.formats.sections.changes import changes_section
from tui.report.formats.sections.contrasts import contrasts_section
from tui.report.formats.sections.section import Section
from tui.report.formats.sections.selection import selection_sections
from tui.report.formats.terminal_plots import terminal_plots
from tui.report.formats.text import section_text
from tui.report.report import Report


class PageKind(StrEnum):
    """What a page is of; the values are the words for it."""

    PLOT = "plot"
    SELECTION = "selection"
    BASELINE = "baseline"
    CONTRAST = "contrast"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class ReportPage:
    """One of them, which can be drawn in any number of cells."""

    kind: PageKind
    title: str
    says: str
    """What it shows, as sentences."""
    draw: Callable[[int, int, bool], str]
    """Lines of so many cells and, of a plot, so many rows, with escapes for colours or without."""


def report_pages(report: Report) -> tuple[ReportPage, ...]:
    """All pages of a report: plots first, then which model to choose, and what was asked for besides."""
    plots = (ReportPage(PageKind.PLOT, plot.title, plot.says, plot.draw) for plot in terminal_plots(report))
    return (*plots, *_texts(report))


def _texts(report: Report) -> Iterator[ReportPage]:
    if not (report.rows or report.failing):
        return
    matches = report.matches
    choosing = replace(report, options=replace(report.options, select=True))
    how = "m: what a model must have. w: what weighs how much."
    for section in selection_sections(choosing, matches):
        yield _page(PageKind.SELECTION, section, how)
    for section in changes_section(report):
        yield _page(PageKind.BASELINE, section, "a chooses another baseline, or none.")
    for section in contrasts_section(report, matches):
        yield _page(PageKind.CONTRAST, section, "b: what the rows are split by.")


def _page(kind: PageKind, section: Section, says: str) -> ReportPage:
    return ReportPage(kind, section.title, says, partial(_drawn, section))


def _drawn(section: Section, width: int, height: int, colours: bool) -> str:
    return section_text(section, width - 1)  # A scroll bar may take a cell once there are more lines than rows.
