"""For whom a table is written as CSV."""

from __future__ import annotations

from enum import Enum


class Spreadsheet(Enum):
    """How the cells of a line are written, by what opens the file."""

    ANY = "any"
    """As RFC 4180 has it, but for the line feed that each line ends in; UTF-8."""
    EXCEL = "Excel"
    """So that Excel opens it with a double click where its decimal sign is a point: a mark tells it that this is
    UTF-8, without which it shows signs of other alphabets as something else."""
    EXCEL_COMMA = "Excel with decimal commas"
    """The same where its decimal sign is a comma: it takes a semicolon to separate cells then, and 1.5 for a day in
    May."""

    @property
    def separator(self) -> str:
        """What stands between two cells."""
        return ";" if self is Spreadsheet.EXCEL_COMMA else ","

    @property
    def line_end(self) -> str:
        """What a line ends in."""
        return "\n" if self is Spreadsheet.ANY else "\r\n"

    @property
    def mark(self) -> str:
        """What the file begins with."""
        return "" if self is Spreadsheet.ANY else "\ufeff"
