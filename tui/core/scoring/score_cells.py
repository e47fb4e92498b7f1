"""The cells of a table as spreadsheets and people write them: what goes in, and what comes back."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

from tui.core.text.clean import clean

FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula."""
_SEPARATORS = (",", ";", "\t", "|")
_NUMBER = re.compile(r"\+?(\d{1,6})(?:[.,](\d{1,6}))?")
_SEPARATOR_LINE = re.compile(r"\A(?:\"?sep=(.)\"?)\r?\n", re.IGNORECASE)
"""The first line by which spreadsheets tell each other the separator."""


def cell(text: str) -> str:
    """A text from outside as a cell: nothing hidden in it, and no formula."""
    text = clean(text)
    return f"'{text}" if text.lstrip().startswith(FORMULA) else text


def plain_note(text: str) -> str:
    """A text that a person left in a cell, without the mark that kept it from being a formula."""
    return text[1:] if text.startswith("'") and text[1:].lstrip().startswith(FORMULA) else text


def score_of_cell(text: str, scale: int) -> int:
    """The score in a cell: `4`, `4,0` or `4.0`. Raises ValueError when it is none on a scale from 1 to `scale`."""
    typed = text.strip().removeprefix("'")
    found = _NUMBER.fullmatch(typed)
    if found is None:
        raise ValueError(f"`{typed[:30]}` is no score; a score is a whole number from 1 to {scale}")
    if (found[2] or "0").strip("0") or not 1 <= int(found[1]) <= scale:
        raise ValueError(f"{typed} is not on the scale: a score is a whole number from 1 to {scale}")
    return int(found[1])


def to_csv(rows: Iterable[Sequence[str]]) -> str:
    """Rows as CSV, with the line ends that RFC 4180 and spreadsheets have."""
    written = io.StringIO(newline="")
    csv.writer(written).writerows(rows)
    return written.getvalue()


def from_csv(text: str, names: Sequence[str]) -> list[list[str]]:
    """The rows of a CSV text, that of the headings first, whatever parts their cells: a comma, a semicolon, a tab.

    `names` are headings that it may have, by which the separator is found. Raises ValueError when it cannot be read.
    """
    said = _SEPARATOR_LINE.match(text)
    text = text[said.end() :] if said is not None else text
    first = text[: text.find("\n")] if "\n" in text else text
    separator = said[1] if said is not None else max(_SEPARATORS, key=lambda one: _headings(first, one, names))
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise ValueError(f"It cannot be read as a table: {error}") from error


def _headings(line: str, separator: str, names: Sequence[str]) -> int:
    cells = {heading(one) for one in line.split(separator)}
    return len(cells.intersection(names))


def heading(text: str) -> str:
    """A heading as the columns are called: in small letters, with `_` for a space or a hyphen."""
    return re.sub(r"[\s-]+", "_", text.strip().strip("\"'").casefold())
