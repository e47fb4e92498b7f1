"""Figures that were imported, as tables and as sentences: beside a report's own, and never among them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from tui.core.references import BY_NAME, RATE, Figure, Reference, reference_to_dict
from tui.core.text.clean import clean_line

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
