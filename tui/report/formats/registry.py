"""The formats of a report: one table, read by `report`, its help, the documents and the tests.

To add one, write a module beside this one with `render(report)`, and enter it here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from tui.core.errors import BadInputError
from tui.core.text.clean import clean_line
from tui.report.aggregate import Report
from tui.report.formats import csv as to_csv
from tui.report.formats import json as to_json
from tui.report.formats import markdown as to_markdown


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


FORMATS = (
    Format("md", ".md", "for people: tables and what there is to know of them", to_markdown.render),
    Format("csv", ".csv", "for spreadsheets: one line for each row", to_csv.render),
    Format("json", ".json", "for programs: one object", to_json.render),
)
"""All of them; the first is the one for a terminal, where nothing names another."""


def format_called(name: str) -> Format:
    """The format of this name. Raises BadInputError when there is none."""
    form = next((form for form in FORMATS if form.name == name), None)
    if form is None:
        names = ", ".join(form.name for form in FORMATS)
        raise BadInputError(f"There is no report format {clean_line(name, 40)}", f"There are: {names}")
    return form


def format_of(file: PurePath) -> Format | None:
    """The format that a file's name ends in; None when it is none of them."""
    return {form.suffix: form for form in FORMATS}.get(file.suffix.casefold())
