"""Figures that are asked for by name."""

from __future__ import annotations

from collections.abc import Iterator

from tui.core.conditions.names import SHARE, Figure
from tui.core.plans.mode import Mode
from tui.core.text.formatting import UNKNOWN
from tui.report.breakdown import figure_stat
from tui.report.formats.narrow_tables import Titled
from tui.report.formats.sections.section import IN_MODE, Section, table_names
from tui.report.formats.words import shown_number
from tui.report.report import Report
from tui.report.rows import Row
from tui.report.statistics.sample import P95_FROM, Stat


def figure_sections(report: Report) -> Iterator[Section]:
    """A table for each figure: of each row how many, average, median, and the spread."""
    chosen = [figure for figure in report.options.metrics if not figure.criteria]
    if not chosen or report.options.by:
        return
    headings = ("", "n", "med", "avg", "p95", "min", "max", "95 % of med")
    names = table_names(report)
    for mode in Mode:
        rows = [row for row in report.rows if row.subject.mode is mode]
        if rows:
            tables = tuple(
                Titled(
                    titled(figure),
                    (headings, [(names[row.subject], *_stat_cells(row, figure)) for row in rows]),
                )
                for figure in chosen
            )
            few = any(0 < figure_stat(row, figure).n < P95_FROM for row in rows for figure in chosen)
            yield Section(f"Figures, {IN_MODE[mode]}", (), tables, (f"p95 takes {P95_FROM} values.",) if few else ())


def titled(figure: Figure) -> str:
    """A figure as the title of a table."""
    return f"{figure.meaning} ({figure.name}{f', {unit}' if (unit := unit_of(figure)) else ''})"


def unit_of(figure: Figure) -> str:
    """The unit that its values are shown in."""
    return "%" if figure.unit == SHARE else figure.unit


def _stat_cells(row: Row, figure: Figure) -> tuple[str, ...]:
    stat = figure_stat(row, figure)
    values = (stat.median, stat.mean, stat.p95, stat.minimum, stat.maximum)
    interval = (
        UNKNOWN if stat.low is None else f"{shown_value(stat.low, figure, stat)}-{shown_value(stat.high, figure, stat)}"
    )
    return str(stat.n), *(shown_value(value, figure, stat) for value in values), interval


def shown_value(value: float | None, figure: Figure, stat: Stat) -> str:
    """A value of a figure that `stat` sums up, in that unit."""
    if value is None:
        return UNKNOWN
    mark = "~" if stat.estimated else ""
    match figure.unit:
        case "share":
            return f"{100 * value:.0f}"
        case "points":
            return f"{value:.2f}"
        case _:
            return f"{mark}{shown_number(value)}"
