"""`foundry-compare report` as a process, on session files of all sorts."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.support.program import call
from tests.support.sessions import lane, session
from tui.core.lane import LaneState
from tui.core.plan import Mode
from tui.store.sessions import save


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two good sessions, one file that is no TOML and one that is no session."""
    made = tmp_path / "kept"
    save(session([lane("r1"), lane("r2", state=LaneState.FAILED)]), made / "one.toml")
    save(session([lane("r1", mode=Mode.RACE)], session_id="20261122T120000Z-0002"), made / "two.toml")
    (made / "torn.toml").write_text("schema = 1\n[[run", encoding="utf-8")
    (made / "other.toml").write_text('title = "a shopping list"\n', encoding="utf-8")
    (made / "notes.txt").write_text("not looked at", encoding="utf-8")
    return made


def test_good_files_are_reported_and_bad_ones_named_and_skipped(folder: Path, tmp_path: Path) -> None:
    done = call("report", str(folder), cwd=tmp_path)
    assert done.code == 0
    assert done.out.startswith("# Report\n\n2 sessions, 3 runs.\n")
    assert "## Measured" in done.out and "## Raced" in done.out
    assert "model-m1" in done.out
    for name in ("torn.toml", "other.toml"):
        assert f"skipped {folder / name}: " in done.err
        assert str(folder / name) in done.out.partition("## Files left out")[2]
    assert "notes.txt" not in done.out + done.err
    assert "Traceback" not in done.err


def test_measured_and_raced_runs_are_rows_of_their_own_in_every_format(folder: Path, tmp_path: Path) -> None:
    files = [str(folder / name) for name in ("one.toml", "two.toml")]
    table = list(csv.DictReader(io.StringIO(call("report", *files, "--format", "csv", cwd=tmp_path).out)))
    assert sorted(row["mode"] for row in table) == ["measure", "race"]
    data = json.loads(call("report", *files, "--format", "json", cwd=tmp_path).out)
    assert data["sessions"] == 2
    rows = {row["mode"]: row for row in data["rows"]}
    assert (rows["measure"]["runs"], rows["measure"]["failed"], rows["measure"]["ttft_ms"]["n"]) == (2, 1, 1)
    assert rows["race"]["contended"]


def test_a_file_named_twice_is_counted_once_and_left_as_it_was(folder: Path, tmp_path: Path) -> None:
    file = folder / "one.toml"
    before = file.read_bytes()
    done = call("report", str(file), str(folder / ".." / "kept" / "one.toml"), cwd=tmp_path)
    assert "1 session, 2 runs." in done.out
    assert file.read_bytes() == before


@pytest.mark.parametrize("form", ["md", "csv", "json"])
def test_the_report_goes_to_a_file_when_one_is_named(folder: Path, tmp_path: Path, form: str) -> None:
    args = ("report", str(folder / "one.toml"), "--format", form)
    printed = call(*args, cwd=tmp_path).out
    done = call(*args, "-o", "out.txt", cwd=tmp_path)
    assert (done.code, done.out) == (0, "")
    assert "Written to out.txt" in done.err
    assert (tmp_path / "out.txt").read_text("utf-8") == printed


def test_a_file_that_cannot_be_written_is_not_kept(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    where = str(tmp_path / "file" / "out.md")
    done = call("report", str(folder / "one.toml"), "-o", where, cwd=tmp_path)
    assert done.code == 1
    assert done.err.startswith(f"foundry-compare: {where} could not be written. ")


@pytest.mark.parametrize("what", ["kept/torn.toml", "empty", "nowhere.toml"])
def test_nothing_to_report_on_is_usage(folder: Path, tmp_path: Path, what: str) -> None:
    (tmp_path / "empty").mkdir()
    done = call("report", what, cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[-1].startswith("foundry-compare: There is no session to report on. ")


def test_without_files_the_programs_own_sessions_are_reported(folder: Path, tmp_path: Path) -> None:
    own = {"FOUNDRY_COMPARE_SESSIONS": str(folder)}
    done = call("report", cwd=tmp_path, environ=own)
    assert done.code == 0
    assert done.out.startswith("# Report\n\n2 sessions, 3 runs.\n")


def test_without_files_and_without_sessions_there_is_nothing_to_report_on(tmp_path: Path) -> None:
    none = {"FOUNDRY_COMPARE_SESSIONS": str(tmp_path / "none yet")}
    done = call("report", cwd=tmp_path, environ=none)
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[-1].startswith("foundry-compare: There is no session to report on. ")
