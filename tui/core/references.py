"""Figures that another program measured, as its file has them: kept under their own names, and never put together with
what this program measured.

Read are the workshop's `benchmark_report.json` and `.md`, and the JSON of its comparison of two models.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tui.core.dict_reader import EntryError, Table, get, number, without_none
from tui.core.text.nearest import nearest

SCHEMA = 1
"""Of the files that this program keeps them in."""
MAX_ROWS = 1_000
_MAX_NAME = 200
_MAX_TEXT = 4_000
_LARGEST = 1e12
_SLIP = 0.75
"""How alike a key that means nothing must be to one of a row, 0 to 1, to be taken for a slip of the finger."""
RATE = "tokens_per_sec_avg"
FROM = "tokens_per_sec_from"
"""The key by which a report of this program, in the workshop's shape, says what its rate is of."""
DECODE = "decode"
_EMPTY = ("", "-", "—", "none", "null", "n/a", "na")
"""What stands in a table for a figure that is not known."""


class Figure(NamedTuple):
    """One figure of a row."""

    name: str
    """As in the JSON, and here."""
    label: str
    """What people call it, with its unit."""
    heading: str
    """Its column in the workshop's table; empty where it has none."""
    whole: bool = False


FIGURES = (
    Figure("latency_avg", "avg latency, s", "Avg Latency (s)"),
    Figure("latency_p95", "p95 latency, s", "p95 (s)"),
    Figure(RATE, "total tokens/s", "Tokens/sec"),
    Figure("rounds", "rounds", "Rounds", True),
    Figure("first_token_latency_avg", "first token, s", "First Token (s)"),
    Figure("latency_sec", "latency, s", ""),
    Figure("tokens", "total tokens", "", True),
)
"""All of them, in the order in which they are shown. The workshop's rate is of all tokens, those of the prompt
included, over the whole latency; its 95th percentile is interpolated, and of few rounds may lie above the longest."""
BY_NAME: Mapping[str, Figure] = {figure.name: figure for figure in FIGURES}
DECODE_LABEL = "decode tokens/s"
"""What the rate is called in a file that this program wrote."""
DECODE_REMARK = "Tokens/sec is the rate of decoding."
"""What this program writes below a table in the workshop's shape."""
_NAMES = ("alias", "model")
_TEXTS = ("sample", "error", FROM)
_RIGHT: dict[str, Any] = {
    "alias": "phi-4-mini",
    "latency_avg": 1.82,
    "latency_p95": 2.4,
    RATE: 41.5,
    "rounds": 3,
    "first_token_latency_avg": 0.21,
    "latency_sec": 1.82,
    "tokens": 120,
    "sample": "RAG finds passages …",
    "error": "model not loaded",
    FROM: DECODE,
}
"""Each key of a row with a value that would be right."""


@dataclass(frozen=True, slots=True)
class ReferenceRow:
    """One model in such a file."""

    alias: str
    figures: Mapping[str, float] = field(default_factory=dict)
    """What is known, by name."""
    error: str = ""
    """Why there are no figures, in the file's own words."""
    sample: str = ""
    """The beginning of an answer."""
    rate_of: str = ""
    """`decode` where the file says that its rate is of decoding."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The rows of one file."""

    name: str
    """The file's name, without its folder."""
    rows: tuple[ReferenceRow, ...]
    passed_over: tuple[str, ...] = ()
    """Keys and columns that mean nothing here."""

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Those that a row has."""
        return tuple(figure for figure in FIGURES if any(figure.name in row.figures for row in self.rows))

    @property
    def decodes(self) -> bool:
        """Whether the rate is of decoding, and not of all tokens."""
        rated = [row for row in self.rows if RATE in row.figures]
        return bool(rated) and all(row.rate_of == DECODE for row in rated)

    def label_of(self, figure: Figure) -> str:
        """What a figure is called in this file's table."""
        return DECODE_LABEL if figure.name == RATE and self.decodes else figure.label


def reference_from(name: str, data: Any) -> Reference:
    """The rows of such a JSON file. Raises ValueError that says what is wrong; EntryError, which is one, where it is
    known in which entry."""
    if isinstance(data, dict) and {"alias", "model"} & data.keys():
        data = [data]
    if not isinstance(data, list) or not data:
        raise ValueError("it should hold a list of objects, one a model, as the workshop's benchmark writes it")
    if len(data) > MAX_ROWS:
        raise ValueError(f"it holds {len(data)} entries; {MAX_ROWS} are the most")
    over: dict[str, None] = {}
    rows = tuple(_row(row, place, over) for place, row in enumerate(data, 1))
    return Reference(name, rows, tuple(over)[:40])


def reference_of_table(name: str, text: str) -> Reference:
    """The rows of the workshop's table in Markdown. Raises as `reference_from` does."""
    lines = [_cells(line) for line in text.splitlines() if line.lstrip().startswith("|")]
    start = next((place for place, cells in enumerate(lines) if cells[0].casefold() in _NAMES), None)
    if start is None:
        raise ValueError("it should hold a table whose first column is `Model`, as the workshop's benchmark writes it")
    columns, over = _columns(lines[start])
    own: Table = {FROM: DECODE} if DECODE_REMARK in text else {}
    rows: list[Table] = []
    for cells in lines[start + 1 :]:
        if all(not cell.strip("-: ") for cell in cells):
            continue  # The line below the headings.
        row: Table = {"alias": cells[0], **own}
        place = len(rows) + 1
        for figure, cell in zip(columns, cells[1:], strict=False):
            if figure is not None and cell.casefold() not in _EMPTY:
                row[figure.name] = _number(cell, figure, f"Row {place} (`{cells[0][:40]}`)")
        rows.append(row)
    read = reference_from(name, rows)
    return Reference(name, read.rows, over)


def reference_to_dict(reference: Reference) -> Table:
    """As this program keeps it, for `kept_reference`."""
    rows = [_to_dict(row) for row in reference.rows]
    return {"reference": SCHEMA, "name": reference.name, "rows": rows}


def _to_dict(row: ReferenceRow) -> Table:
    # A row must have a figure, be it unknown, or a reason.
    figures: Mapping[str, float | None] = row.figures or ({} if row.error else {FIGURES[0].name: None})
    more = without_none(error=row.error or None, sample=row.sample or None, **{FROM: row.rate_of or None})
    return {"alias": row.alias, **figures, **more}


def kept_reference(data: Any) -> Reference:
    """What this program kept. Raises ValueError."""
    if not isinstance(data, dict) or data.get("reference") != SCHEMA:
        raise ValueError(f"it holds no reference of schema {SCHEMA}")
    return reference_from(get(data, "name", str)[:_MAX_NAME], data.get("rows"))


def _row(row: Any, place: int, over: dict[str, None]) -> ReferenceRow:
    if not isinstance(row, dict):
        raise EntryError(f"Entry {place}: it should be an object", "alias", _RIGHT["alias"])
    key = next((name for name in _NAMES if name in row), _NAMES[0])
    here = f"Entry {place}" + (f" (`{row[key][:40]}`)" if isinstance(row.get(key), str) and row[key] else "")
    known = (*_NAMES, *BY_NAME, *_TEXTS)
    for name in row:
        if name in known:
            continue
        if (meant := nearest(str(name), known, _SLIP)) is not None and meant not in row:
            raise EntryError(
                f"{here}: `{name[:40]}` is not known; did you mean `{meant}`?",
                meant,
                _RIGHT.get(meant, _RIGHT["alias"]),
            )
        over[str(name)[:60]] = None

    def read(name: str, reader: Callable[[Table, str], Any]) -> Any:
        try:
            return reader(row, name)
        except ValueError as error:
            raise EntryError(f"{here}: {error}", name, _RIGHT.get(name, "phi-4-mini")) from error

    alias = read(key, _alias)
    figures = {figure.name: value for figure in FIGURES if (value := read(figure.name, _figure)) is not None}
    sample, error, rate_of = (read(name, _text) for name in _TEXTS)
    if not error and not BY_NAME.keys() & row.keys():
        raise EntryError(
            f"{here}: it has no figure that is known: {', '.join(BY_NAME)}", "latency_avg", _RIGHT["latency_avg"]
        )
    return ReferenceRow(alias, figures, error, sample, rate_of)


def _alias(row: Table, key: str) -> str:
    name: str = get(row, key, str)
    if not name.strip():
        raise ValueError(f"`{key}` is empty")
    return name.strip()[:_MAX_NAME]


def _figure(row: Table, name: str) -> float | None:
    value = number(row, name)
    if value is not None and not 0 <= value <= _LARGEST:
        raise ValueError(f"`{name}` should be 0 or more")
    if value is not None and BY_NAME[name].whole and value != int(value):
        raise ValueError(f"`{name}` should be a whole number")
    return int(value) if value is not None and BY_NAME[name].whole else value


def _text(row: Table, name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"`{name}` should be text")
    return value[:_MAX_TEXT]


def _cells(line: str) -> list[str]:
    """The cells of a line of a table; a bar behind a backslash is part of one."""
    cells, cell, escaped = [], "", False
    for sign in line.strip().removeprefix("|"):
        if sign == "|" and not escaped:
            cells.append(cell.strip())
            cell = ""
        else:
            cell = cell[:-1] + sign if escaped and sign in "|_*`\\" else cell + sign
        escaped = sign == "\\" and not escaped
    return [*cells, cell.strip()] if cell.strip() else cells or [""]


def _columns(headings: Sequence[str]) -> tuple[list[Figure | None], tuple[str, ...]]:
    known = {figure.heading.casefold(): figure for figure in FIGURES if figure.heading}
    found: list[Figure | None] = []
    over = []
    for heading in headings[1:]:
        figure = known.get(heading.casefold()) or next((one for one in FIGURES if one.name == heading.casefold()), None)
        if figure is None and (meant := nearest(heading, known, _SLIP)) is not None:
            right = known[meant].heading
            raise EntryError(f"The column `{heading[:40]}` is not known; did you mean `{right}`?", right, "1.82")
        if figure is None:
            over.append(heading[:60])
        found.append(figure)
    return found, tuple(over)


def _number(cell: str, figure: Figure, here: str) -> float:
    try:
        return int(cell) if figure.whole else float(cell)
    except ValueError as error:
        what = "a whole number" if figure.whole else "a number"
        raise EntryError(
            f"{here}: `{figure.heading or figure.name}` should be {what}, or `-`", figure.name, _RIGHT[figure.name]
        ) from error
