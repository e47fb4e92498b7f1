"""Each request is a row in CSV and in Parquet, with the same cells, and no text leaves its cell or its folder."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.support import sessions as make
from tests.support.some import some
from tests.unit.report.test_writers import HOSTILE, outside, rich
from tui.core.answers.checks import checks_from
from tui.core.requests.request import RequestState
from tui.core.text.clean import join_surrogates
from tui.report.aggregate import aggregate
from tui.report.conditional import Asked, conditional_report
from tui.report.formats import csv as to_csv
from tui.report.formats import parquet
from tui.report.formats.registry import FILE_FORMATS, FORMATS, format_of
from tui.report.formats.spreadsheet import Spreadsheet
from tui.report.options import ReportOptions
from tui.report.report import Report
from tui.report.request_table import rows

needs_duckdb = pytest.mark.skipif(find_spec("duckdb") is None, reason="duckdb is not installed")


def lines(report: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_csv.render_requests(report), newline="")))


def queried(query: str, place: Path) -> list[dict[str, Any]]:
    import duckdb

    with duckdb.connect() as base:
        found = base.execute(query, [str(place)])
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def test_each_request_but_warmups_is_a_line_with_what_is_known_of_it() -> None:
    report = rich()
    found = lines(report)
    assert len(found) == len(list(rows(report))) == 26
    first = next(line for line in found if line["run"] == "a1")
    shown = ("date", "created", "session", "alias", "mode", "prompt", "ttft_ms", "counts")
    assert {key: first[key] for key in shown} == {
        "date": "2026-11-22", "created": "2026-11-22T11:03:01Z", "session": "20261122T110301Z-7f3a", "alias": "alpha",
        "mode": "measure", "prompt": "Why?", "ttft_ms": "101.0", "counts": "true",
    }  # fmt: skip
    assert (first["score_overall"], first["score_style"], first["memory_mb"]) == ("4", "", "")
    failed = next(line for line in found if line["run"] == "b9")
    assert (failed["state"], failed["counts"], failed["ttft_ms"]) == ("failed", "false", "")


def test_the_same_score_by_people_and_on_another_scale_is_another_column() -> None:
    given = (("overall", 5, 4), ("overall", 5, 1), ("style", 9, 8))
    scores = [
        make.score("r1", value, criterion=criterion, scale=scale, rater=f"rater{number}")
        for number, (criterion, scale, value) in enumerate(given)
    ]
    (line,) = lines(aggregate([make.session([make.request("r1")], scores=scores)]))
    assert (line["score_overall"], line["score_style_of_9"]) == ("2.5", "8")


@pytest.mark.parametrize("spreadsheet", Spreadsheet)
def test_a_spreadsheet_gets_its_separator_its_decimal_sign_and_its_mark(spreadsheet: Spreadsheet) -> None:
    plain, text = to_csv.render(rich()), to_csv.render(rich(), spreadsheet)
    assert text.startswith("\ufeff") == (spreadsheet is not Spreadsheet.ANY)
    found = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=spreadsheet.separator))
    expected = list(csv.reader(io.StringIO(plain, newline="")))
    comma = spreadsheet is Spreadsheet.EXCEL_COMMA
    assert found[0] == expected[0]
    at = expected[0].index("size_mb")
    assert (found[1][at], expected[1][at]) == ("812,5" if comma else "812.5", "812.5")
    assert text.count("\r\n") == (0 if spreadsheet is Spreadsheet.ANY else len(found))


@pytest.mark.parametrize("form", [form.name for form in FORMATS if form.for_spreadsheet is not None])
@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_of_any_table_begins_a_formula(form: str, text: str) -> None:
    shown = next(one for one in FORMATS if one.name == form)
    assert shown.for_spreadsheet is not None
    for spreadsheet in some(Spreadsheet):
        made = shown.for_spreadsheet(outside(text), spreadsheet).removeprefix("\ufeff")
        table = list(csv.reader(io.StringIO(made, newline=""), delimiter=spreadsheet.separator))
        assert len({len(line) for line in some(table)}) == 1
        assert not any(
            cell.lstrip().startswith(("=", "+", "@", "＝", "＋", "＠")) for line in some(table) for cell in line
        )


@needs_duckdb
def test_parquet_has_the_same_rows_and_cells_as_the_csv_and_the_same_bytes_each_time(tmp_path: Path) -> None:
    report = rich()
    place = tmp_path / "r.parquet"
    place.write_bytes(parquet.file(report))
    found = queried("SELECT * FROM read_parquet(?)", place)
    assert parquet.file(report) == place.read_bytes()
    for line, row in some(zip(lines(report), found, strict=True)):
        given = {f"score_{one['criterion']}": str(one["value"]) for one in row.pop("scores")}
        assert given == {key: value for key, value in line.items() if key.startswith("score_") and value}
        assert row.pop("checks") == []
        assert {name: as_text(value) for name, value in row.items()} == {name: line[name] for name in row}


def as_text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float():
            return repr(round(value, 4))
        case datetime():
            return f"{value:%Y-%m-%dT%H:%M:%S}Z"
        case date():
            return value.isoformat()
    return str(value)


@needs_duckdb
def test_checks_are_columns_of_the_csv_and_a_list_in_parquet_and_what_was_not_checked_is_empty(tmp_path: Path) -> None:
    def late(pattern: str, text: str) -> bool:
        raise TimeoutError

    asked = [make.request("r1", answer=["one two"]), make.request("r2", answer=["one"]),
             make.request("r3", state=RequestState.FAILED)]  # fmt: skip
    checks = checks_from({"check": [{"name": "=brief", "max_words": 1}, {"name": "slow", "regex": "(a+)+$"}]}, late)
    of = Asked(options=ReportOptions(checks=checks))
    report, _ = conditional_report(of, [replace(make.session(asked), tags=("night", "sky"))])
    found = {line["run"]: line for line in lines(report)}
    assert [[found[run][name] for name in ("check_=brief", "check_slow")] for run in ("r1", "r2", "r3")] == [
        ["false", ""], ["true", ""], ["", ""],
    ]  # fmt: skip
    assert {line["tags"] for line in found.values()} == {"night, sky"}
    place = tmp_path / "r.parquet"
    place.write_bytes(parquet.file(report))
    (first, *_) = queried("SELECT * FROM read_parquet(?)", place)
    assert first["checks"] == [{"name": "=brief", "passed": False}, {"name": "slow", "passed": None}]


@needs_duckdb
def test_a_folder_has_a_file_for_each_session_by_day_and_host(tmp_path: Path) -> None:
    sessions = [
        make.session([make.request("r1"), make.request("r2", model="m2")], session_id="a/b",
                     models=[make.target("m1", host="here"), make.target("m2", host="CON:8080.")]),
        make.session([make.request("r3")], session_id="s2"),
    ]  # fmt: skip
    sessions[1].created = datetime(2026, 1, 2, 23, tzinfo=UTC)
    places = written(aggregate(sessions), tmp_path)
    assert len(places) == 3
    # Windows takes none of these signs, nor a dot at the end.
    assert not any(set('<>:"|?*') & set(place) or "./" in place for place in some(places))
    found = queried(
        "SELECT run, date, host FROM read_parquet(?, hive_partitioning = true) ORDER BY run", tmp_path / "**/*.parquet"
    )
    assert [(row["run"], row["date"].isoformat(), row["host"]) for row in found] == [
        ("r1", "2026-11-22", "here"), ("r2", "2026-11-22", "CON:8080."), ("r3", "2026-01-02", "openai"),
    ]  # fmt: skip


def written(report: Report, folder: Path) -> set[str]:
    """Write the files; returns where they are."""
    places = set()
    for place, data in some(parquet.files(report)):
        file = folder / place
        file.parent.mkdir(parents=True, exist_ok=True)
        assert file.resolve().is_relative_to(folder.resolve())
        file.write_bytes(data)
        places.add(place.as_posix())
    return places


@needs_duckdb
def test_hostile_texts_stay_as_they_are_in_the_file_and_inside_the_folder(tmp_path: Path) -> None:
    texts = [*HOSTILE, "../../x", "x" * 300, ".", "a' OR 1=1 --", "NUL", "aux."]
    made = [
        make.session([make.request(f"r{number}")], session_id=text, models=[make.target("m1", id=text, host=text)])
        for number, text in enumerate(texts)
    ]
    assert len(written(aggregate(made), tmp_path)) == len(texts)
    found = queried("SELECT run, model, host FROM read_parquet(?, hive_partitioning = true)", tmp_path / "**/*.parquet")
    read = {row["run"]: (row["model"], row["host"]) for row in found}
    for number, text in some(enumerate(texts)):
        plain = join_surrogates(text)
        model, host = read[f"r{number}"]
        assert model == (plain or None)
        assert host == (plain or "-") or (len(plain) > 200 and host.startswith(plain[:100]))


def test_what_a_file_is_called_says_that_it_is_parquet_and_without_duckdb_it_is_said_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert format_of(Path("x.parquet")) is FILE_FORMATS[0]
    monkeypatch.setattr(parquet, "find_spec", lambda name: None)
    with pytest.raises(Exception, match="Parquet needs DuckDB"):
        FILE_FORMATS[0].check()
