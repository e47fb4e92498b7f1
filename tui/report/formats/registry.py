"""The formats a report can have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

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
    render: Callable[[Report], str]


FORMATS = (
    Format("md", ".md", to_markdown.render),
    Format("csv", ".csv", to_csv.render),
    Format("json", ".json", to_json.render),
)
"""All of them; the first is taken where nothing is said."""


def format_called(name: str) -> Format:
    """The format of this name. Raises KeyError."""
    return {form.name: form for form in FORMATS}[name]


def format_of(file: PurePath) -> Format | None:
    """The format that a file's name ends in; None when it is none of them."""
    return {form.suffix: form for form in FORMATS}.get(file.suffix.casefold())
