"""The report's requests as Parquet, which DuckDB, pandas and every engine for data reads: one file, or one for each
session in folders by date and host.

Rows and columns are those of `request_table`, texts as they came. It takes DuckDB (the extra `parquet`), which is asked
to fetch and to load nothing further.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tui.core.errors import BadInputError
from tui.core.references import Reference
from tui.core.text.clean import join_surrogates
from tui.report.references import REFERENCE_COLUMNS, reference_rows
from tui.report.report import Report
from tui.report.reported_request import ReportedRequest
from tui.report.request_table import COLUMNS, Cell, Kind, rows
from tui.report.rows import Row

if TYPE_CHECKING:
    import duckdb

PARTITIONS = ("date", "host")
"""The columns that are in a file's path instead of in the file, each folder's name as `column=value`."""
NO_DATE, NO_HOST = "0001-01-01", "-"
"""In a path, where it is not known."""
_SCORES = '[{"criterion": "VARCHAR", "scale": "INTEGER", "raters": "VARCHAR", "rater": "VARCHAR", "value": "INTEGER"}]'
_CHECKS = '[{"name": "VARCHAR", "passed": "BOOLEAN"}]'
_LONGEST_NAME = 120
"""Characters of a name of a file or folder that is made of a text from outside."""

_Every = Sequence[tuple[Row, ReportedRequest]]


def check() -> None:
    """Raises BadInputError where DuckDB is not installed."""
    if find_spec("duckdb") is None:
        raise BadInputError(
            "Parquet needs DuckDB, which is not installed",
            hint='Install it: python -m pip install "foundry-compare[parquet]"',
        )


def file(report: Report) -> bytes:
    """All requests in one file. The same report gives the same bytes with the same DuckDB."""
    with _Writer() as writer:
        return writer.written(list(rows(report)), _names(report), apart=())


def files(report: Report) -> Iterator[tuple[PurePath, bytes]]:
    """A file for each session, in folders by the day on which it began and by host: `date=…/host=…/SESSION.parquet`.

    A session always has the same place, so that several machines can write into one folder, and whoever writes a
    session again replaces it instead of counting it twice.
    """
    parts: dict[PurePath, list[tuple[Row, ReportedRequest]]] = {}
    of = {column.name: column for column in COLUMNS}
    for row, request in rows(report):
        day, host = (of[name].read(row, request) for name in PARTITIONS)
        folder = PurePath(f"date={day or NO_DATE}", f"host={_named(str(host or NO_HOST))}")
        parts.setdefault(folder / f"{_named(request.session)}.parquet", []).append((row, request))
    with _Writer() as writer:
        for place, every in sorted(parts.items()):
            yield place, writer.written(every, _names(report), apart=PARTITIONS)


def references_file(report: Report) -> bytes:
    """All imported rows in one file: what another program measured, under its own names."""
    with _Writer() as writer:
        return writer.of_references(report.references)


def references_files(report: Report) -> Iterator[tuple[PurePath, bytes]]:
    """A file for each that was imported."""
    with _Writer() as writer:
        for number, one in enumerate(report.references, 1):
            yield PurePath(f"{number}-{_named(one.name)}.references.parquet"), writer.of_references([one])


def _named(text: str) -> str:
    """A text from outside as a part of a path, on every system; readers of such folders turn it back."""
    name = quote(join_surrogates(text), safe="", errors="replace")
    if name.endswith((".", " ")):
        name = f"{name[:-1]}%{ord(name[-1]):02X}"
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[:_LONGEST_NAME].rstrip('%')}~{sha256(name.encode('ascii')).hexdigest()[:8]}"


class _Writer:
    """A DuckDB without a file of its own, and a folder for what it writes."""

    def __init__(self) -> None:
        import duckdb

        self._folder = tempfile.TemporaryDirectory(prefix="foundry-compare-")
        # One thread, so that rows and bytes are the same each time; and nothing is fetched.
        self._base: duckdb.DuckDBPyConnection = duckdb.connect(
            config={"autoinstall_known_extensions": False, "autoload_known_extensions": False, "threads": 1}
        )

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self._base.close()
        self._folder.cleanup()

    def written(self, every: _Every, checks: Sequence[str], apart: Sequence[str]) -> bytes:
        """These requests as a Parquet file, without the columns that stand apart. `checks` are the names of
        the user's."""
        columns = [column for column in COLUMNS if column.name not in apart]
        arrays = {column.name: _array(column.kind, [column.read(*one) for one in every]) for column in columns}
        arrays["scores"] = _array(Kind.TEXT, [_scores(request) for _, request in every])
        arrays["checks"] = _array(Kind.TEXT, [_checks(checks, request) for _, request in every])
        shown = [f'CAST("{column.name}" AS {column.kind.value}) AS "{column.name}"' for column in columns]
        return self._written(
            arrays,
            f"{', '.join(shown)}, from_json(scores, '{_SCORES}') AS scores, from_json(checks, '{_CHECKS}') AS checks",
        )

    def of_references(self, references: Sequence[Reference]) -> bytes:
        """Imported rows as a Parquet file."""
        cells = list(zip(*reference_rows(references), strict=True)) or [()] * len(REFERENCE_COLUMNS)
        both = list(zip(REFERENCE_COLUMNS, cells, strict=True))
        shown = [f'CAST("{column.name}" AS {column.kind.value}) AS "{column.name}"' for column, _ in both]
        return self._written({column.name: _array(column.kind, of) for column, of in both}, ", ".join(shown))

    def _written(self, arrays: dict[str, Any], shown: str) -> bytes:
        place = Path(self._folder.name) / "written.parquet"
        self._base.register("written", arrays)
        self._base.sql(f"SELECT {shown} FROM written").write_parquet(str(place), compression="zstd")  # noqa: S608 - ours
        self._base.unregister("written")
        return place.read_bytes()


def _scores(request: ReportedRequest) -> str:
    return json.dumps([
        {"criterion": join_surrogates(score.criterion), "scale": score.scale, "raters": score.raters,
         "rater": join_surrogates(score.rater), "value": score.value}
        for score in request.scores
    ])  # fmt: skip


def _names(report: Report) -> list[str]:
    return [check.name for check in report.options.checks]


def _checks(names: Sequence[str], request: ReportedRequest) -> str:
    passed = zip(names, request.checks, strict=True) if names else ()
    return json.dumps([{"name": join_surrogates(name), "passed": one} for name, one in passed])


def _array(kind: Kind, cells: Sequence[Cell]) -> Any:
    """The cells of a column as DuckDB takes them in without copying."""
    import numpy as np

    unknown = [cell is None for cell in cells]
    match kind:
        case Kind.TEXT:
            texts = np.empty(len(cells), dtype=object)
            texts[:] = [None if cell is None else join_surrogates(str(cell)) for cell in cells]
            return texts
        case Kind.INSTANT | Kind.DATE:
            return np.array([np.datetime64("NaT") if cell is None else cell for cell in cells], dtype="datetime64[us]")
        case Kind.TRUTH:
            return np.ma.masked_array(np.array([bool(cell) for cell in cells]), mask=unknown)
        case _:
            known = [0 if cell is None else cell for cell in cells]
            return np.ma.masked_array(np.array(known, dtype="int64" if kind is Kind.WHOLE else "float64"), mask=unknown)
