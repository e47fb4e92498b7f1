"""The report for a notebook: the verdicts, then the narrow tables of each mode."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tui.core.displayed import ShownTable
from tui.core.plans.mode import Mode
from tui.report.candidate_names import names_of
from tui.report.formats.narrow_tables import Table, remarks_below, tables
from tui.report.formats.words import TITLES, compared, compared_legend, counted, notes_besides
from tui.report.not_compared import said_of_unlike
from tui.report.report import Report
from tui.report.verdicts import verdicts


def shown_tables(report: Report) -> tuple[ShownTable, ...]:
    """What may be said of the models first, then speed, quality and footprint, then what there is to know."""
    return tuple(_tables(report))


def _tables(report: Report) -> Iterator[ShownTable]:
    matches = report.matches
    names, found = names_of(matches.candidates), verdicts(matches)
    runs = sum(row.outcomes.runs for row in report.rows)
    yield ShownTable(f"{counted(report.sessions, 'session')}, {counted(runs, 'run')}", (), ())
    for mode in Mode:
        rows = [row for row in report.rows if row.subject.mode is mode]
        if not rows:
            continue
        need, parts = compared([one for one in found if one.pair.conditions.mode is mode], matches.failures, names)
        for part in parts:
            title = f"{TITLES[mode]}: what may be said, on the same prompts"
            said = [(f"{' '.join(item)}",) for item in part.items]
            yield ShownTable(title, (f"with {part.conditions}",), said, [need] if need else ())
        for name, table in tables(rows, report.options):
            yield _of(f"{TITLES[mode]}: {name}", table)
        yield ShownTable("", (), (), remarks_below(mode, rows))
    apart = [f"{sentence}." for sentence in said_of_unlike(matches.unlike, names)]
    skipped = [f"Left out: {file}: {why}" for file, why in report.skipped]
    legend = [compared_legend(found)] if found else []
    yield ShownTable("", (), (), [*legend, *apart, *notes_besides(report), *skipped])


def _of(title: str, table: Table) -> ShownTable:
    """The headings in one line each: a group's heading stands before those of its columns."""
    headings, rows = table
    group, flat = "", []
    for heading in headings:
        above, line_break, own = heading.partition("\n")
        group = above or group if line_break else ""
        flat.append(f"{group}, {own}" if line_break else heading)
    return ShownTable(title, flat, _padded(rows, len(flat)), (), frozenset(range(1, len(flat))))


def _padded(rows: Sequence[tuple[str, ...]], width: int) -> list[tuple[str, ...]]:
    """Headings of groups of rows with as many cells as the others."""
    return [(*row, *[""] * (width - len(row))) for row in rows]
