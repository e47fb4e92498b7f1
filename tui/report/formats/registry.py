"""The formats of a report: one table, read by `report`, its help, the documents and the tests.

To add one, write a module beside this one with `render(report)`, and enter it here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from tui.core.errors import BadInputError
from tui.core.text.clean import clean_line

if TYPE_CHECKING:
    from tui.report.formats.spreadsheet import Spreadsheet
    from tui.report.report import Report


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write a report down."""

    name: str
    suffix: str
    """What the name of a file in this format ends in, in small letters."""
    purpose: str
    """Whom or what it is for, as a phrase."""
    render: Callable[[Report], str]
    """Writes a report in this format. What takes long to import is imported in there."""
    for_spreadsheet: Callable[[Report, Spreadsheet], str] | None = None
    """The same for one kind of spreadsheet, where it is CSV."""
    answers: bool = False
    """Whether it shows the answers themselves, which a report keeps only where they are asked for."""
    imported: bool = False
    """Whether it shows what was imported, apart from the program's own figures."""
    in_width: Callable[[Report, int], str] | None = None
    """The same in lines of so many cells, where it is for a terminal."""


@dataclass(frozen=True, slots=True)
class FileFormat:
    """One way to write a report into files that are no text."""

    name: str
    suffix: str
    purpose: str
    check: Callable[[], None]
    """Raises BadInputError where this cannot be made here, before anything is read."""
    file: Callable[[Report], bytes]
    """All of the report in one file."""
    files: Callable[[Report], Iterator[tuple[PurePath, bytes]]]
    """All of the report in files of a folder, each with its place in there."""
    imported: bool = False
    """Whether it shows what was imported."""


def _text(report: Report, width: int | None = None) -> str:
    from tui.report.formats import text

    return text.render(report, width)


def _markdown(report: Report) -> str:
    from tui.report.formats import markdown

    return markdown.render(report)


def _html(report: Report) -> str:
    from tui.report.formats import html

    return html.render(report)


def _csv(report: Report, *spreadsheet: Spreadsheet) -> str:
    from tui.report.formats import csv

    return csv.render(report, *spreadsheet)


def _requests_csv(report: Report, *spreadsheet: Spreadsheet) -> str:
    from tui.report.formats import csv

    return csv.render_requests(report, *spreadsheet)


def _comparisons_csv(report: Report, *spreadsheet: Spreadsheet) -> str:
    from tui.report.formats import csv

    return csv.render_comparisons(report, *spreadsheet)


def _references_csv(report: Report, *spreadsheet: Spreadsheet) -> str:
    from tui.report.formats import csv

    return csv.render_references(report, *spreadsheet)


def _json(report: Report) -> str:
    from tui.report.formats import json

    return json.render(report)


def _check_parquet() -> None:
    from tui.report.formats import parquet

    parquet.check()


def _parquet(report: Report) -> bytes:
    from tui.report.formats import parquet

    return parquet.file(report)


def _parquet_files(report: Report) -> Iterator[tuple[PurePath, bytes]]:
    from tui.report.formats import parquet

    return parquet.files(report)


def _references_parquet(report: Report) -> bytes:
    from tui.report.formats import parquet

    return parquet.references_file(report)


def _references_parquet_files(report: Report) -> Iterator[tuple[PurePath, bytes]]:
    from tui.report.formats import parquet

    return parquet.references_files(report)


def _workshop_json(report: Report) -> str:
    from tui.report.formats import workshop

    return workshop.render_json(report)


def _workshop_markdown(report: Report) -> str:
    from tui.report.formats import workshop

    return workshop.render_markdown(report)


FORMATS = (
    Format(
        "text", ".txt", "for a terminal: what may be said first, then narrow tables", _text, imported=True,
        in_width=_text,
    ),
    Format("md", ".md", "for people: wide tables and what there is to know of them", _markdown, imported=True),
    Format(
        "html", ".html", "for people: one page for a browser, with charts; it loads nothing", _html, answers=True,
        imported=True,
    ),
    Format("csv", ".csv", "for spreadsheets: one line for each row", _csv, _csv),
    Format("json", ".json", "for programs: one object", _json, imported=True),
    Format(
        "comparisons-csv", ".comparisons.csv", "for spreadsheets: one line for each two models and what they are "
        "compared for", _comparisons_csv, _comparisons_csv,
    ),
    Format(
        "requests-csv", ".requests.csv", "for spreadsheets: one line for each request", _requests_csv, _requests_csv
    ),
    Format(
        "references-csv", ".references.csv", "for spreadsheets: one line for each row that was imported, under its own "
        "names", _references_csv, _references_csv, imported=True,
    ),
    Format(
        "workshop-json", ".workshop.json", "for what reads the workshop's `benchmark_report.json`: seconds, averages, "
        "one object a model", _workshop_json,
    ),
    Format("workshop-md", ".workshop.md", "the same as the workshop's table", _workshop_markdown),
)  # fmt: skip
"""All of them; the first is the one for a terminal, where nothing names another."""

FILE_FORMATS = (
    FileFormat(
        "parquet", ".parquet", "for DuckDB, pandas and the like: one line for each request, in one file or, by date "
        "and host, in a folder; needs the extra `parquet`", _check_parquet, _parquet, _parquet_files,
    ),
    FileFormat(
        "references-parquet", ".references.parquet", "the same for rows that were imported, in one file or one for "
        "each import", _check_parquet, _references_parquet, _references_parquet_files, imported=True,
    ),
)  # fmt: skip
"""Those that are no text."""


def format_called(name: str) -> Format:
    """The format of this name, which is text. Raises BadInputError when there is none."""
    form = next((form for form in FORMATS if form.name == name), None)
    if form is None:
        names = ", ".join(form.name for form in FORMATS)
        raise BadInputError(f"There is no report format {clean_line(name, 40)}", f"There are: {names}")
    return form


def format_of(file: PurePath) -> Format | FileFormat | None:
    """The format that a file's name ends in; None when it is none of them."""
    name = file.name.casefold()
    fitting = [form for form in (*FORMATS, *FILE_FORMATS) if name.endswith(form.suffix) and name != form.suffix]
    # Of two that fit, the longer suffix is meant.
    return max(fitting, key=lambda form: len(form.suffix), default=None)
