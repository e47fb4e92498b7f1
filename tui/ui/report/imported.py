"""What was imported, on the Report screen: a page for each file, in the table's place and never in the table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tui.core.references import Reference
from tui.report.formats.text import reference_lines
from tui.report.references import TITLE, ReferenceTable, reference_tables
from tui.ui.report.pages import PageKind, ReportPage


def imported_pages(references: Sequence[Reference]) -> Iterator[ReportPage]:
    """A page for each file that was imported, drawn as plots are."""
    for table in reference_tables(references):
        says = " ".join(f"{note.rstrip('.')}." for note in table.notes)
        yield ReportPage(PageKind.IMPORT, f"{TITLE}: {table.name}", says, _drawn(table))


def _drawn(table: ReferenceTable) -> Callable[[int, int, bool], str]:
    return lambda width, height, coloured: "\n".join(reference_lines(table, width))
