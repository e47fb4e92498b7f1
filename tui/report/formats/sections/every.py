"""All sections of a report, in their order."""

from __future__ import annotations

from collections.abc import Iterator

from tui.core.text.clean import clean_line
from tui.report.candidate_names import names_of
from tui.report.excluded import excluded
from tui.report.formats.narrow_tables import Titled
from tui.report.formats.sections.breakdowns import breakdown_sections
from tui.report.formats.sections.changes import changes_section
from tui.report.formats.sections.checks import check_sections
from tui.report.formats.sections.contrasts import contrasts_section
from tui.report.formats.sections.figures import figure_sections
from tui.report.formats.sections.running_costs import running_cost_sections
from tui.report.formats.sections.section import Section
from tui.report.formats.sections.selection import selection_sections
from tui.report.formats.sections.trends import trend_sections
from tui.report.pairs import Matches
from tui.report.rating_checks import rating_checks, said_of_check
from tui.report.report import Report
from tui.report.row_names import NAME_SHOWN


def sections(report: Report, matches: Matches) -> list[Section]:
    """All of them that there is something in, in their order. `matches` are the report's."""
    return [
        *selection_sections(report, matches),
        *figure_sections(report),
        *breakdown_sections(report),
        *contrasts_section(report, matches),
        *trend_sections(report),
        *changes_section(report),
        *check_sections(report),
        *running_cost_sections(report),
        *_rating_checks(report),
        *_excluded(report, matches),
    ]


def _rating_checks(report: Report) -> Iterator[Section]:
    if found := rating_checks(report.rows):
        yield Section("Length and position", tuple(map(said_of_check, found)))


def _excluded(report: Report, matches: Matches) -> Iterator[Section]:
    left_out = excluded(report, matches, names_of(matches.candidates))
    if left_out:
        rows = [(clean_line(one.what, 2 * NAME_SHOWN), str(one.count), clean_line(one.why)) for one in left_out]
        yield Section("What was left out, and why", (), (Titled("", (("what", "how many", "why"), rows)),))
