"""A report's tables for pandas: the rows and columns of its CSV, with types. What is unknown is NA.

pandas is no dependency of the program: it is looked for when somebody asks for a table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from importlib import import_module
from typing import Any

from tui.core.errors import BadInputError
from tui.core.text.clean import clean, clean_line
from tui.report.candidate_names import names_of
from tui.report.formats.csv import Table, comparison_table, row_table, scored_request_table
from tui.report.report import Report
from tui.report.request_table import COLUMNS, Cell, Kind, rows
from tui.report.verdicts import verdicts

ANSWER = "answer"
"""The column of texts, where the report has kept them."""
_TYPES = {
    Kind.TEXT: "string",
    Kind.WHOLE: "Int64",
    Kind.NUMBER: "Float64",
    Kind.TRUTH: "boolean",
    Kind.INSTANT: "datetime64[s]",
    Kind.DATE: "datetime64[s]",
}
_TEXTS = frozenset({"variant", "device", "ep", "stop", "system", "licence", "raters", "rubric", "caveat", "notes"})
"""Columns of texts of which nothing may be known in any row."""
_TABLES = "models", "requests", "comparisons"


def frame_of(report: Report, rows_are: str) -> Any:
    """The table of the report whose rows are `models`, `requests` or `comparisons`. Raises BadInputError."""
    match rows_are:
        case "models":
            return frame(row_table(report))
        case "requests":
            return _of_requests(report)
        case "comparisons":
            matches = report.matches
            return frame(comparison_table(verdicts(matches), matches.unlike, names_of(matches.candidates)))
    hint = f"There are: {', '.join(_TABLES)}"
    raise BadInputError(f"There is no table of {clean_line(str(rows_are), 40)}", hint=hint)


def frame(table: Table) -> Any:
    """A table whose types are those of its cells."""
    headings, lines = table
    columns = list(zip(*lines, strict=True)) or [()] * len(headings)
    return _frame(headings, columns, list(map(_type_of, headings, columns)))


def _of_requests(report: Report) -> Any:
    headings, lines = scored_request_table(report)
    columns = list(zip(*lines, strict=True)) or [()] * len(headings)
    types = [_TYPES[column.kind] for column in COLUMNS]
    types += ["Float64"] * (len(headings) - len(types))
    answers = [request.answer for _, request in rows(report)]
    if any(answer is not None for answer in answers):
        headings, types = [*headings, ANSWER], [*types, "string"]
        columns.append(tuple(None if answer is None else clean(answer) for answer in answers))
    return _frame(headings, columns, types)


def _frame(headings: Sequence[str], columns: Iterable[Sequence[Cell]], types: Iterable[str]) -> Any:
    pandas = _pandas()
    made = {
        clean_line(heading): pandas.Series([_shown(heading, cell) for cell in cells], dtype=kind)
        for heading, cells, kind in zip(headings, columns, types, strict=True)
    }
    return pandas.DataFrame(made)


def _shown(heading: str, cell: Cell) -> Cell:
    """Texts as in the CSV, one line each; an answer keeps its lines."""
    return clean_line(cell) if isinstance(cell, str) and heading != ANSWER else cell


def _type_of(heading: str, cells: Iterable[Cell]) -> str:
    kinds = {type(cell) for cell in cells if cell is not None}
    if not kinds:
        return "string" if heading.removeprefix("a_").removeprefix("b_") in _TEXTS else "Float64"
    if kinds <= {bool}:
        return "boolean"
    if kinds <= {int}:
        return "Int64"
    if kinds <= {int, float}:
        return "Float64"
    return "datetime64[s]" if kinds <= {date, datetime} else "string"


def _pandas() -> Any:
    try:
        # As a value: it has no types of its own, and whoever checks the types of a script need not hear of that.
        return import_module("pandas")
    except ImportError as error:
        hint = 'Install it: python -m pip install "foundry-compare[pandas]"'
        raise BadInputError("There is no table for pandas", "pandas is not installed", hint) from error
