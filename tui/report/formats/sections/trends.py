"""What became of figures over sessions."""

from __future__ import annotations

from collections.abc import Iterator

from tui.core.metrics.registry import Place, metrics_in
from tui.core.text.clean import clean_line
from tui.core.text.formatting import UNKNOWN
from tui.report.formats.narrow_tables import Titled
from tui.report.formats.sections.section import Section, table_names
from tui.report.formats.words import shown_number
from tui.report.report import Report
from tui.report.row_names import NAME_SHOWN
from tui.report.trend import trends, without_trend


def trend_sections(report: Report) -> Iterator[Section]:
    """A row for each session, in order of time; the latest is judged against those before it."""
    found = trends(report.rows) if any(by.name == "session" for by in report.options.by) else ()
    if not found:
        return
    names = table_names(report, modes=True)
    rows: list[tuple[str, ...]] = []
    for one in found:
        rows.append((f"{names[one.subject].strip()}, {clean_line(one.label, NAME_SHOWN)}, {one.unit}", *("",) * 5))
        for place, point in enumerate(one.points):
            last = place == len(one.points) - 1
            value = f"{point.value:.2f}" if one.unit.startswith("1-") else shown_number(point.value)
            known = point.low is not None and point.high is not None
            ends = f"{shown_number(point.low or 0)}-{shown_number(point.high or 0)}" if known else UNKNOWN
            rows.append((
                f"  {clean_line(point.session, NAME_SHOWN)}", str(one.prompts), str(point.n), value, ends,
                one.outcome.value if last else "",
            ))  # fmt: skip
    reasons = [
        f"{names[one.subject].strip()}, {clean_line(one.label, NAME_SHOWN)}: {one.outcome.value}: {one.why}."
        for one in found
    ]
    headings = ("", "prompts", "n", "value", "95 %", "latest")
    reasons += [
        f"{names[subject].strip()}, {metric.label}: no trend: {why}."
        for metric in metrics_in(Place.REPORT)
        if metric.better is not None
        for subject, why in without_trend([row for row in report.rows if row.sessions > 1], found, metric.name)
    ]
    remarks = [
        "Latest: the last of the sessions above it against the others, which may not be the last of all.",
        *reasons,
    ]
    yield Section("Trend over sessions of the same prompts", (), (Titled("", (headings, rows)),), tuple(remarks), True)
