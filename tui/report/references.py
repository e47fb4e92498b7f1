"""Figures that were imported, as tables and as sentences: beside a report's own, and never among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from tui.core.references import BY_NAME, DECODE, FIGURES, RATE, Figure, Reference, ReferenceRow, reference_to_dict
from tui.core.text.clean import clean_line
from tui.report.request_table import Cell, Kind

TITLE = "Reference figures, measured by another program"
_SHOWN = 60


class ReferenceTable(NamedTuple):
    """One file's rows."""

    name: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]
    """What must be known to read it, as sentences."""


def reference_tables(references: Sequence[Reference]) -> Iterator[ReferenceTable]:
    """A table for each file, in its own words for its own figures."""
    for one in references:
        figures = one.figures
        rows = tuple(
            (clean_line(row.alias, _SHOWN), *(_shown(figure, row.figures.get(figure.name)) for figure in figures))
            for row in one.rows
        )
        headings = ("model", *(one.label_of(figure) for figure in figures))
        yield ReferenceTable(clean_line(one.name, _SHOWN), headings, rows, tuple(_notes(one, figures)))


def references_as_json(references: Sequence[Reference]) -> list[dict[str, Any]]:
    """For programs: each under the names that its file has for it."""
    return [{key: value for key, value in reference_to_dict(one).items() if key != "reference"} for one in references]


class ReferenceColumn(NamedTuple):
    """A column of the table of imported rows in files for other programs."""

    name: str
    """As in the file that was imported; what that file does not have begins with `reference`."""
    kind: Kind
    read: Callable[[Reference, ReferenceRow], Cell]


def _figure(name: str, one: Reference, row: ReferenceRow) -> Cell:
    return row.figures.get(name)


REFERENCE_COLUMNS = (
    ReferenceColumn("reference", Kind.TEXT, lambda one, row: one.name),
    ReferenceColumn("alias", Kind.TEXT, lambda one, row: row.alias),
    *(
        ReferenceColumn(figure.name, Kind.WHOLE if figure.whole else Kind.NUMBER, partial(_figure, figure.name))
        for figure in FIGURES
    ),
    ReferenceColumn("reference_rate_of", Kind.TEXT, lambda one, row: _rate_of(row)),
    ReferenceColumn("error", Kind.TEXT, lambda one, row: row.error or None),
    ReferenceColumn("sample", Kind.TEXT, lambda one, row: row.sample or None),
)
"""The file first, then the row. None of them is called as a figure of this program's own."""


def reference_rows(references: Sequence[Reference]) -> list[list[Cell]]:
    """A line of `REFERENCE_COLUMNS` for each imported row."""
    return [[column.read(one, row) for column in REFERENCE_COLUMNS] for one in references for row in one.rows]


def _rate_of(row: ReferenceRow) -> str | None:
    """What tokens the rate counts; None where there is no rate."""
    return None if RATE not in row.figures else DECODE if row.rate_of == DECODE else "all tokens"


def _notes(one: Reference, figures: Sequence[Figure]) -> Iterator[str]:
    names = {figure.name for figure in figures}
    if RATE in names and not one.decodes:
        yield (
            "Its tokens/s are all tokens, those of the prompt included, over the whole latency: not the rate of "
            "decoding, and not to be compared with it."
        )
    if "latency_p95" in names and not one.decodes and any(_above(row.figures) for row in one.rows):
        yield "Its p95 is interpolated, and of few rounds may lie above the longest of them."
    for row in one.rows:
        if row.error:
            yield f"{clean_line(row.alias, _SHOWN)}: {clean_line(row.error, 200)}"


def _above(figures: Any) -> bool:
    return "latency_p95" in figures and figures.get("rounds", 0) < 20


def _shown(figure: Figure, value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if BY_NAME[figure.name].whole else f"{value:.4g}"
