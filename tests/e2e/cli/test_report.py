"""`foundry-compare report` as a process, on session files of all sorts."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from pathlib import Path

import pytest

from tests.support.program import call
from tests.support.sessions import request, session
from tests.support.some import some
from tests.support.system_words import NO_SUCH_FILE
from tui.core.plans.mode import Mode
from tui.core.requests.request import RequestState
from tui.report.formats.registry import FILE_FORMATS, FORMATS, Format
from tui.storage.file_lock import SessionLock, lock_path
from tui.storage.session_files import save


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two good sessions, one file that is no TOML and one that is no session."""
    made = tmp_path / "kept"
    save(session([request("r1"), request("r2", state=RequestState.FAILED)]), made / "one.toml")
    save(session([request("r1", mode=Mode.RACE)], session_id="20261122T120000Z-0002"), made / "two.toml")
    (made / "torn.toml").write_text("schema = 1\n[[run", encoding="utf-8")
    (made / "other.toml").write_text('title = "a shopping list"\n', encoding="utf-8")
    (made / "notes.txt").write_text("not looked at", encoding="utf-8")
    return made


def test_good_files_are_reported_and_bad_ones_named_and_skipped(folder: Path, tmp_path: Path) -> None:
    done = call("report", str(folder), cwd=tmp_path)
    assert done.code == 0
    assert done.out.startswith("2 sessions, 3 runs.\n")
    assert "\nMeasured: " in done.out and "\nRaced: " in done.out
    assert "model-m1" in done.out
    for name in ("torn.toml", "other.toml"):
        assert f"skipped {folder / name}: " in done.err
        assert str(folder / name) in done.out.partition("\nFiles left out\n")[2]
    assert "notes.txt" not in done.out + done.err
    assert "Traceback" not in done.err


def test_plots_come_after_the_text_and_into_a_pipe_without_escapes(folder: Path, tmp_path: Path) -> None:
    done = call("report", str(folder), "--plot", cwd=tmp_path)
    assert done.code == 0 and "\x1b" not in done.out
    text, *plots = done.out.split("\nTimes of whole answers (")
    assert [plot.partition(")")[0] for plot in plots] == ["measure", "race"] and "Measured: " in text
    assert all("┃" in plot and "the median." in plot for plot in some(plots))
    refused = call("report", str(folder), "--plot", "-o", "report.html", cwd=tmp_path)
    assert refused.code == 2 and "--plot draws in the terminal" in refused.err


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


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_the_name_of_the_file_says_the_format_unless_one_is_named(folder: Path, tmp_path: Path, form: Format) -> None:
    args, named = ("report", str(folder / "one.toml")), ("--format", form.name)
    printed = call(*args, *named, cwd=tmp_path).out
    for name, more in ((f"out{form.suffix}", ()), (f"LOUD{form.suffix.upper()}", ()), ("out.xyz", named)):
        done = call(*args, "-o", name, *more, cwd=tmp_path)
        assert (done.code, done.out) == (0, "")
        assert done.err == f"Written to {name}\n"
        assert (tmp_path / name).read_text("utf-8") == printed


def test_what_is_called_csv_and_is_to_be_json_is_json(folder: Path, tmp_path: Path) -> None:
    call("report", str(folder / "one.toml"), "-o", "out.csv", "--format", "json", cwd=tmp_path)
    assert json.loads((tmp_path / "out.csv").read_text("utf-8"))["sessions"] == 1


@pytest.mark.parametrize("name", ["out.xyz", "out", "out.csv.gz", ".csv"])
def test_a_name_that_says_no_format_is_refused_with_those_there_are(folder: Path, tmp_path: Path, name: str) -> None:
    done = call("report", str(folder), "-o", name, cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        f"foundry-compare: The name {name} does not say which format is meant. It ends in none of "
        f"{', '.join(form.suffix for form in (*FORMATS, *FILE_FORMATS))}. "
        f"Name one with --format: {', '.join(form.name for form in (*FORMATS, *FILE_FORMATS))}.\n"
    )
    assert not (tmp_path / name).exists()


def test_a_file_that_is_there_is_replaced_only_when_that_is_asked_for(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("mine")
    (tmp_path / "link.csv").symlink_to("out.csv")
    (tmp_path / "nowhere.csv").symlink_to("gone.csv")
    for name in ("out.csv", "link.csv", "nowhere.csv"):
        done = call("report", str(folder), "-o", name, cwd=tmp_path)
        assert (done.code, done.out) == (2, "")
        assert done.err == (f"foundry-compare: {name} is there already. Give another name, or --force to replace it.\n")
    assert (tmp_path / "out.csv").read_text() == "mine"
    done = call("report", str(folder), "-o", "link.csv", "--force", cwd=tmp_path)
    assert done.code == 0
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "out.csv").read_text("utf-8").startswith("mode,alias,")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "link.csv", "nowhere.csv", "out.csv"]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX files")
def test_a_pipe_in_the_place_of_the_file_is_refused_even_with_force(folder: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "out.md")
    for more in ((), ("--force",)):
        done = call("report", str(folder), "-o", "out.md", *more, cwd=tmp_path)
        assert (done.code, done.out) == (2, "")
        says = "foundry-compare: out.md cannot be replaced. It is a pipe, not a file. Give another name.\n"
        assert done.err == says


def test_a_file_that_cannot_be_written_is_not_kept(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    where = str(tmp_path / "file" / "out.md")
    done = call("report", str(folder / "one.toml"), "-o", where, cwd=tmp_path)
    assert done.code == 2
    says = f"{where} cannot be replaced. Not a directory. Give another name."
    if sys.platform == "win32":
        says = f"There is no folder {tmp_path / 'file'}. Make it, or give another name."
    assert done.err == f"foundry-compare: {says}\n"


@pytest.mark.skipif(sys.platform != "linux", reason="POSIX permissions")
def test_a_report_that_could_not_be_kept_is_no_success(folder: Path, tmp_path: Path) -> None:
    done = call("report", str(folder / "one.toml"), "-o", "/proc/out.md", cwd=tmp_path)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("foundry-compare: out.md could not be saved. /proc: ")


def test_files_of_one_name_in_two_folders_are_two_sessions(folder: Path, tmp_path: Path) -> None:
    save(session([request("r1")], session_id="20261122T130000Z-0003"), tmp_path / "other" / "one.toml")
    done = call("report", str(folder / "one.toml"), "other", cwd=tmp_path)
    assert done.out.startswith("2 sessions, 3 runs.\n")


def test_of_two_copies_of_a_session_the_fuller_is_counted_and_said_so(folder: Path, tmp_path: Path) -> None:
    one = session([request("r1"), request("r2", state=RequestState.FAILED), request("r3")])
    save(one, tmp_path / "other" / "copy.toml")
    differ = f"Files differ in what they hold of session {one.id}: the one that holds most is counted."
    for places in ((str(folder / "one.toml"), "other"), ("other", str(folder / "one.toml"))):
        done = call("report", *places, cwd=tmp_path)
        assert done.out.startswith("1 session, 3 runs.\n")
        assert "A session was given more than once and is counted once." in done.out
        assert differ in " ".join(done.out.split()) and differ in done.err.splitlines()


def test_a_session_of_the_folder_can_be_its_baseline(folder: Path, tmp_path: Path) -> None:
    with_it = call("report", str(folder), "--baseline", str(folder / "one.toml"), cwd=tmp_path)
    said = "ne session of the baseline is left out of those reported: no session is a baseline of itself."
    assert f"--baseline: o{said}" in with_it.err.splitlines() and f"- O{said}" in " ".join(with_it.out.split())
    assert with_it.out.startswith("1 session, 1 run.\n")
    whole = call("report", str(folder), "--baseline", str(folder), cwd=tmp_path)
    assert whole.code == 9 and whole.err.count("skipped ") == 2, "each file is read again, and named once"
    assert "reported, and no session is a baseline of itself: give others." in whole.err


def test_of_copies_in_a_baseline_that_differ_the_same_is_said(folder: Path, tmp_path: Path) -> None:
    one = session([request("r1"), request("r2")], session_id="20261122T130000Z-0003")
    save(one, tmp_path / "before" / "copy.toml")
    save(session([request("r1")], session_id=one.id), tmp_path / "before" / "a.toml")
    done = call("report", str(folder / "one.toml"), "--baseline", "before", cwd=tmp_path)
    differ = f"Files differ in what they hold of session {one.id}: the one that holds most is counted."
    assert f"--baseline: {differ}" in done.err.splitlines()
    assert differ not in done.out


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
    assert done.out.startswith("2 sessions, 3 runs.\n")


def test_without_files_and_without_sessions_there_is_nothing_to_report_on(tmp_path: Path) -> None:
    none = {"FOUNDRY_COMPARE_SESSIONS": str(tmp_path / "none yet")}
    done = call("report", cwd=tmp_path, environ=none)
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[-1].startswith("foundry-compare: There is no session to report on. ")


def test_a_session_that_is_only_in_a_journal_is_named(tmp_path: Path, sessions: Path, own_folders: Path) -> None:
    killed = sessions / "killed.journal.jsonl"
    spare = own_folders / "state" / "spare.journal.jsonl"
    for journal in (killed, sessions / "open.journal.jsonl", sessions / "kept.journal.jsonl", spare):
        journal.parent.mkdir(parents=True, exist_ok=True)
        journal.write_text("\n")
    assert SessionLock(lock_path(sessions, "open")).acquire()
    says = "has a session that is in no file yet: start foundry-compare, and it is completed."
    done = call("report", str(sessions), cwd=tmp_path)
    kept = sessions / "kept.journal.jsonl"
    told = [f"{kept} {says}", f"{killed} {says}"]
    assert done.err.splitlines()[:-1] == told
    assert done.code == 2
    save(session([request("r1")]), sessions / "kept.toml")
    done = call("report", cwd=tmp_path)
    assert (done.code, done.err.splitlines()) == (0, [f"{killed} {says}", f"{spare} {says}"])


def test_a_hyphen_is_stdout_and_a_folder_that_is_not_there_is_not_made(folder: Path, tmp_path: Path) -> None:
    args = ("report", str(folder / "one.toml"))
    done = call(*args, "-o", "-", "--format", "csv", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert done.out == call(*args, "--format", "csv", cwd=tmp_path).out
    done = call(*args, "-o", "away/out.md", cwd=tmp_path)
    assert (done.code, done.err) == (2, "foundry-compare: There is no folder away. Make it, or give another name.\n")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_a_row_says_once_how_many_of_its_runs_were_contended(tmp_path: Path) -> None:
    for number, contended in enumerate([(True, True), (True, False), (False, False)]):
        requests = [request(f"r{n}", mode=Mode.RACE, contended=is_so) for n, is_so in enumerate(contended)]
        save(session(requests), tmp_path / f"{number}.toml")
    notes = [call("report", str(tmp_path / f"{n}.toml"), cwd=tmp_path).out.count("contended.") for n in range(3)]
    assert notes == [1, 1, 0]
    assert ": 1 of 2 runs contended." in call("report", str(tmp_path / "1.toml"), cwd=tmp_path).out


def test_a_file_that_is_not_there_is_not_said_to_have_been_left(tmp_path: Path) -> None:
    done = call("report", "nofile.toml", cwd=tmp_path)
    assert done.err.splitlines()[0] == (
        f"skipped nofile.toml: nofile.toml cannot be read as a session. {NO_SUCH_FILE}. Check the name."
    )


def test_what_is_asked_of_a_report_besides_what_every_one_has(folder: Path, tmp_path: Path) -> None:
    checks = tmp_path / "checks.toml"
    checks.write_text('[[check]]\nname = "brief"\nmax_words = 3\n', encoding="utf-8")
    done = call(
        "report", str(folder / "one.toml"), "--by", "prompt,model", "--metric", "ttft_ms", "--without", "looping",
        "--select", "--weight", "latency=1", "--checks", str(checks), "--watts", "65", cwd=tmp_path,
    )  # fmt: skip
    assert done.code == 0, done.err
    titles = ("Selection", "By prompt and model", "Your checks", "Energy and cost, estimated")
    for title in some((*titles, "What was left out, and why")):
        assert f"\n{title}\n{'=' * len(title)}\n" in done.out
    assert "1 of 1 (21-100)" in done.out
    assert all(len(line) <= 80 for line in some(done.out.splitlines()))
    checks.write_text('[[check]]\nname = "brief"\nmax_wrds = 3\n', encoding="utf-8")
    wrong = call("report", str(folder / "one.toml"), "--checks", str(checks), cwd=tmp_path)
    assert (wrong.code, wrong.out) == (2, "")
    assert "heck 1: `max_wrds` is not a key of a check that is known; did you mean `max_words`?" in wrong.err


@pytest.mark.slow
def test_a_check_that_takes_for_ever_is_named_and_neither_passed_nor_failed(tmp_path: Path) -> None:
    answers = [request("r1", answer=["a" * 5000 + "!"]), request("r2", prompt="p2", answer=["aaa"])]
    save(session(answers), tmp_path / "one.toml")
    checks = tmp_path / "checks.toml"
    checks.write_text('[[check]]\nname = "all a"\nregex = "^(a+)+$"\n[[check]]\nname = "a"\nregex = "a"\n', "utf-8")
    done = call("report", "one.toml", "--checks", str(checks), cwd=tmp_path)
    assert done.code == 0, done.err
    said = " ".join(done.out.partition("Your checks")[2].split())
    assert "all a ran out of time on 1 answer of 1 model-m1 to Question p1?: not checked." in said
    assert "1 of 1 (21-100) 2 of 2 (34-100)" in said
    assert "1 it ran out of time: neither passed nor" in said.partition("What was left out, and why")[2]
    in_json = json.loads(call("report", "one.toml", "--checks", str(checks), "--format", "json", cwd=tmp_path).out)
    late, quick = in_json["checks"]
    assert (late["passed"], late["of"], [one["run"] for one in late["out_of_time"]]) == (1, 1, ["r1"])
    assert (quick["passed"], quick["of"], quick["out_of_time"]) == (2, 2, [])


@pytest.mark.slow
def test_every_format_says_the_same_in_each_run_of_the_program(tmp_path: Path) -> None:
    # Python iterates over a set of texts in another order in each run.
    top = Path(__file__).parents[3]
    folders = [str(top / "tests" / "data" / "recorded"), str(top / "sessions" / "examples")]
    ways = [["--plot"], *(["--format", form.name] for form in FORMATS)]
    script = (
        "import contextlib, json, sys\n"
        "from tui.cli.main import cli\n"
        "ways, folders = map(json.loads, sys.argv[1:])\n"
        "for way in ways:\n"
        "    print('=====', way, flush=True)\n"
        "    with contextlib.suppress(SystemExit):\n"
        "        cli(['report', '--no-index', *way, *folders])\n"
    )
    program = (sys.executable, "-P", "-c", script, json.dumps(ways), json.dumps(folders))
    reports = [
        call(cwd=tmp_path, program=program, environ={"PYTHONHASHSEED": seed, "COLUMNS": width}).out
        for width in ("80", "40")
        for seed in ("1", "2")
    ]
    assert reports[0].count("===== [") == len(ways) and "┬" in reports[0] and '"rows"' in reports[0]
    assert reports[0].splitlines() == reports[1].splitlines()
    assert reports[2].splitlines() == reports[3].splitlines()
