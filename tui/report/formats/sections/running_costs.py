"""Energy and cost."""

from __future__ import annotations

from collections.abc import Iterator

from tui.core.text.formatting import UNKNOWN
from tui.report.formats.narrow_tables import Titled
from tui.report.formats.sections.section import Section, table_names
from tui.report.report import Report
from tui.report.running_costs import HEURISTIC, running_cost


def running_cost_sections(report: Report) -> Iterator[Section]:
    """What an answer of each row takes; nothing where that was not asked for."""
    running = report.options.running
    if running is None or not report.rows:
        return
    headings = ["", "n", "Wh an answer", "cost of 1,000 answers"]
    rows, names = [], table_names(report, modes=True)
    for row in report.rows:
        cost = running_cost(running, row.subject.device, row.requests)
        rows.append((
            names[row.subject], str(cost.n),
            UNKNOWN if cost.watt_hours is None else f"~{cost.watt_hours:.3g}",
            UNKNOWN if cost.cost is None else f"~{1000 * cost.cost:.3g}",
        ))  # fmt: skip
    yield Section("Energy and cost, estimated", (), (Titled("", (headings, rows)),), (HEURISTIC,))
