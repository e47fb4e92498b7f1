"""Each format makes of the examples what its golden file holds. `python -m tools.golden_reports` writes them."""

from __future__ import annotations

import csv
import io
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.program import finish, start
from tests.support.some import some
from tools.golden_reports import EXAMPLES, GOLDEN, golden_reports
from tui.report.formats import parquet
from tui.report.formats.registry import FORMATS
from tui.report.render import aggregated
from tui.report.request_table import COLUMNS
from tui.storage.session_files import load_sessions


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return dict(golden_reports())


def golden(name: str) -> str:
    return (GOLDEN / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("suffix", [form.suffix for form in FORMATS])
def test_each_format_is_as_its_golden_file(suffix: str, made: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert made[f"report{suffix}"] == golden(f"report{suffix}"), "run `python -m tools.golden_reports`, and look at it"


def test_there_is_no_golden_file_of_a_format_that_is_none() -> None:
    assert {file.name for file in GOLDEN.iterdir()} == {f"report{form.suffix}" for form in FORMATS}


@pytest.mark.skipif(find_spec("duckdb") is None, reason="duckdb is not installed")
def test_parquet_has_what_the_golden_file_of_requests_has(tmp_path: Path) -> None:
    import duckdb

    place = tmp_path / "report.parquet"
    place.write_bytes(parquet.file(aggregated(load_sessions([EXAMPLES]))))
    with duckdb.connect() as base:
        found = base.execute("SELECT session, run, alias, state, prompt FROM read_parquet(?)", [str(place)]).fetchall()
        names = [name for name, *_ in base.execute("DESCRIBE FROM read_parquet(?)", [str(place)]).fetchall()]
    assert names == [*(column.name for column in COLUMNS), "scores", "checks"]
    lines = csv.DictReader(io.StringIO(golden("report.requests.csv"), newline=""))
    expected = [tuple(line[name] for name in ("session", "run", "alias", "state", "prompt")) for line in some(lines)]
    assert found == expected


@pytest.mark.slow
def test_the_program_writes_the_same_bytes_wherever_it_runs(tmp_path: Path) -> None:
    for name in ("report.html", "report.requests.csv"):
        done = finish(start("report", str(EXAMPLES), "-o", name, cwd=tmp_path, environ={
            "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7",
        }))  # fmt: skip
        assert done.code == 0, done.err
        assert (tmp_path / name).read_bytes() == golden(name).encode("utf-8")
