"""Which model to choose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tui.core.plans.mode import Mode
from tui.core.text.formatting import UNKNOWN
from tui.report.formats.narrow_tables import Table, Titled, settings_in_sentences
from tui.report.formats.sections.section import IN_MODE, Section, table_names
from tui.report.pairs import Matches
from tui.report.report import Report
from tui.report.rows import Row
from tui.report.selection import DIMENSIONS, ModelSelection, said_of_front, selections
from tui.report.subject import Subject

_OPINION = (
    "Weighed: each value over the best one of those that fail no must-have, weighted as given. It is the workshop's "
    "heuristic and an opinion; what the numbers show of two models is said by the verdicts of the text report."
)


def selection_sections(report: Report, matches: Matches) -> Iterator[Section]:
    """Which model to choose, mode by mode; nothing where that was not asked for."""
    options = report.options
    if not options.select:
        return
    found, names = (
        selections((*report.rows, *report.failing), options.requires, options.weights, matches),
        table_names(report),
    )
    for one in found:
        title = "Selection" if len(found) == 1 else f"Selection, {IN_MODE[one.mode]}"
        rows = [row for row in report.rows if row.subject.mode is one.mode]
        yield Section(title, tuple(_said_of(one, names, rows)), (Titled("", _selection_table(one, names)),),
                      (_OPINION,) if one.weights else ())  # fmt: skip


def _said_of(found: ModelSelection, names: Mapping[Subject, str], rows: Sequence[Row]) -> Iterator[str]:
    for one in found.failing:
        yield f"{one.name} fails a must-have: {'; '.join(one.lacks)}."
    if len({row.subject.model for row in rows}) < len(rows):  # Nothing else tells two rows of one model apart.
        yield from settings if len(settings := settings_in_sentences(rows)) > 1 else ()
    plain = {subject: name.strip() for subject, name in names.items()}
    yield from dict.fromkeys(said_of_front(front, plain) for front in found.fronts)
    if found.mode is Mode.RACE:
        yield "Times of a race are those of models that ran at once: measure them to compare speed."
    if found.weights:
        weights = ", ".join(
            f"{name} {weight:g}" + " (not weighed)" * (name in found.not_weighed)
            for name, weight in found.weights.items()
        )
        yield f"Weights: {weights}."
    yield from found.not_weighed.values()
    fewer = [
        f"{names[one.row.subject].strip()} {rated} of {timed}"
        for one in found.models
        if 0 < (rated := one.row.stat("decode_tps").n) < (timed := one.row.stat("end_ms").n)
    ]
    if fewer:
        yield f"Throughput is of the answers that have a rate: {', '.join(fewer)}."
    for one in found.models:
        if one.unknown and not one.lacks:
            yield f"{names[one.row.subject].strip()} cannot be weighed: {', '.join(one.unknown)} is not known."


def _selection_table(found: ModelSelection, names: Mapping[Subject, str]) -> Table:
    headings = ["", *(one.title for one in DIMENSIONS)]
    if found.weights:
        headings.append("weighed, %")
    if found.failing:
        headings.append("must-haves")
    rows = []
    for one in found.models:
        cells = [names[one.row.subject], *one.texts]
        if found.weights:
            cells.append(UNKNOWN if one.share is None else f"{100 * one.share:.0f}")
        if found.failing:
            cells.append("fails" if one.lacks else "has all")
        rows.append(tuple(cells))
    return headings, rows
