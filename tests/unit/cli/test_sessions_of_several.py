"""What several people make of one session: sheets out and in, copies merged, agreement, decisions; and repair."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import sessions as make
from tests.support.program import Done
from tests.support.some import some
from tui.cli.main import cli
from tui.core.scoring.in_effect import in_effect
from tui.core.scoring.rating import Note, RaterKind
from tui.core.scoring.rubric import Criterion, Rubric
from tui.core.scoring.score_sheet import COLUMNS
from tui.core.sessions.entry_dict import complete_entries
from tui.core.sessions.presentation import PaneOrder, Reveal
from tui.core.sessions.session import SCHEMA, Session
from tui.storage.file_lock import SessionLock, lock_path
from tui.storage.session_files import load, save

TOP = Path(__file__).parents[3]
EXAMPLE = TOP / "tests/data/recorded/20261127T093106Z-f41c.toml"
NAMES = [column.name for column in COLUMNS]

Program = Callable[..., Done]


@pytest.fixture
def program(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """The program in this process, in a folder with one session."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(EXAMPLE, tmp_path / "one.toml")

    def run(*args: str, code: int = 0) -> Done:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main(["sessions", *args], "foundry-compare")
        done = Done(int(ended.value.code or 0), *capfd.readouterr())
        assert done.code == code, done.err
        return done

    return run


Change = Callable[[dict[str, str], int], object]
"""What is done to a row of a sheet; it is given the row and its number."""


def filled(sheet: Path, change: Change, *, encoding: str = "utf-8", separator: str = ",", end: str = "\n") -> None:
    """Fill a sheet in as a spreadsheet would write it; `change` is given each row and its number."""
    rows = list(csv.DictReader(io.StringIO(sheet.read_text("utf-8-sig"), newline="")))
    for number, row in enumerate(rows):
        change(row, number)
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, list(rows[0]), delimiter=separator, lineterminator=end)
    writer.writeheader()
    writer.writerows(rows)
    sheet.write_bytes(written.getvalue().encode(encoding))


def score(row: dict[str, str], number: int) -> None:
    row["score"] = f"{1 + number % 5}"


def scores_of(file: Path) -> dict[tuple[str, str], int | None]:
    return {(one.rater, one.run): one.value for one in in_effect(load(file)).scores.values()}


def test_three_people_score_one_session_agree_and_decide(program: Program, tmp_path: Path) -> None:
    # Ben and Cem each have a copy, and score it blind in a spreadsheet of theirs.
    for name, encoding, separator, end in some((("ben", "utf-16", ";", "\r\n"), ("cem", "utf-8-sig", "\t", "\n"))):
        shutil.copy("one.toml", f"{name}.toml")
        sheet = tmp_path / f"{name}.csv"
        assert "9 answers in 9 rows:" in program("scores", f"{name}.toml", "--template", sheet.name, "--blind").err
        filled(
            sheet,
            lambda row, number: row.update(score=f"{1 + number % 5},0"),
            encoding=encoding,
            separator=separator,
            end=end,
        )
        done = program("scores", f"{name}.toml", "--import", sheet.name, "--rater", name)
        assert f"9 new scores and notes, 0 changed, 0 as they were ({name}), kept in:" in done.err
        assert (
            "0 new scores and notes, 0 changed, 9 as they were"
            in program("scores", f"{name}.toml", "--import", sheet.name, "--rater", name).err
        )
        mine = [one for one in load(tmp_path / f"{name}.toml").scores if one.rater == name]
        assert len(mine) == 9 and all(one.blind for one in some(mine))
    before = {file: file.read_bytes() for file in tmp_path.glob("*.toml")}

    done = program("merge", "one.toml", "ben.toml", "cem.toml", "-o", "all.toml")
    assert "3 files, 27 scores and 1 note of 3 raters (ana, ben, cem):" in done.err and done.out == "all.toml\n"
    assert {file: file.read_bytes() for file in before} == before
    program("merge", "one.toml", "ben.toml", "-o", "all.toml", code=2)  # It is there.

    from_copies, from_one = (
        program("agreement", *files).out for files in (("one.toml", "ben.toml", "cem.toml"), ("all.toml",))
    )
    assert from_copies == from_one
    said = json.loads(program("agreement", "all.toml", "--json").out)
    assert said["agreement"][0]["answers"] == 9 and said["agreement"][0]["no_alpha"]
    spreads = [answer["apart"] for answer in said["answers"]]
    assert spreads == sorted(spreads, reverse=True) and len(spreads) == 9
    assert len(program("agreement", "all.toml", "--rater", "ben", "--rater", "cem", "--json").json["answers"]) == 9
    assert "Nobody differs" in program("agreement", "all.toml", "--rater", "ben", "--rater", "cem").err

    # What they differ about is decided together, in another sheet, and their own scores stay.
    program("scores", "all.toml", "--template", "decide.csv", "--differing")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "decide.csv").read_text("utf-8-sig"), newline="")))
    assert next(row["given"] for row in rows).startswith("ana ")
    filled(tmp_path / "decide.csv", lambda row, number: row.update(score="3"))
    program("scores", "all.toml", "--import", "decide.csv", "--decided")
    kept = load(tmp_path / "all.toml")
    assert (kept.raters["together"].kind, kept.raters["together"].settles) == (
        RaterKind.ADJUDICATED,
        ("ana", "ben", "cem"),
    )
    assert len([one for one in scores_of(tmp_path / "all.toml") if one[0] == "together"]) == len(rows)
    assert len(scores_of(tmp_path / "all.toml")) == 27 + len(rows)
    decided = json.loads(program("agreement", "all.toml", "--json").out)
    assert [one["decided"] for one in decided["answers"] if one["apart"]] == [{"rater": "together", "value": 3}] * len(
        rows
    )
    assert decided["agreement"] == said["agreement"], "what was decided is no further opinion"
    program("scores", "all.toml", "--template", "more.csv", "--differing", code=2)  # Nothing is left to decide.


def test_rows_that_do_not_fit_are_named_and_the_others_kept(program: Program, tmp_path: Path) -> None:
    program("scores", "one.toml", "--template", "s.csv", "--rater", "ana")
    assert sys.platform == "win32" or (tmp_path / "s.csv").stat().st_mode & 0o077 == 0, "answers are for their owner"

    def spoil(row: dict[str, str], number: int) -> None:
        row["score"] = "2"
        if number == 0:
            row["answer_hash"] = "sha-other"
        if number == 1:
            row["score"] = "2,5"

    filled(tmp_path / "s.csv", spoil, separator=";")
    done = program("scores", "one.toml", "--import", "s.csv", "--rater", "ana", code=1)
    assert "s.csv, row 2 is left out: it is about another answer: its hash is `sha-other`, and that" in done.err
    assert "s.csv, row 3 is left out: 2,5 is not on the scale: a score is a whole number from 1 to 5." in done.err
    assert "0 new scores and notes, 6 changed, 1 as they were (ana), kept in:" in done.err
    values = scores_of(tmp_path / "one.toml")
    assert [values["ana", f"r{number}"] for number in range(1, 10)] == [1, 4, *[2] * 7]
    done = program("scores", "one.toml", "--import", "s.csv", "--rater", "ben", code=1)
    assert done.err.count("it is ana's, and the scores are to be ben's") + done.err.count("other answer") == 9
    assert ("ben", "r3") not in scores_of(tmp_path / "one.toml")


def test_a_sheet_in_toml_is_filled_in_with_an_editor(program: Program, tmp_path: Path) -> None:
    program("scores", "one.toml", "--template", "s.toml", "--no-answers")
    text = (tmp_path / "s.toml").read_text("utf-8")
    assert "characters: one.toml, r1)" in text
    for value, expected in some((("3", 3), ("4.0", 4), ('"5,0"', 5))):
        (tmp_path / "s2.toml").write_text(text.replace('score = ""', f"score = {value}"), "utf-8")
        program("scores", "one.toml", "--import", "s2.toml", "--rater", "ben")
        assert {value for (rater, _), value in scores_of(tmp_path / "one.toml").items() if rater == "ben"} == {expected}
    program("scores", "one.toml", "--template", "s.toml", "--force", code=2)  # It might be a session.


def test_a_rubric_s_criteria_have_a_row_each(program: Program, tmp_path: Path) -> None:
    rubric = Rubric((Criterion("accuracy"), Criterion("style", scale=3)))
    save(make.session([make.request("r1")], session_id="s", rubric=rubric), tmp_path / "s.toml")
    program("scores", "s.toml", "--template", "s.csv")
    filled(tmp_path / "s.csv", lambda row, number: row.update(score=row["scale"], note="same"))
    program("scores", "s.toml", "--import", "s.csv", "--rater", "ann")
    kept = load(tmp_path / "s.toml")
    assert [(one.criterion, one.value, one.scale, one.rubric) for one in kept.scores] == [
        ("accuracy", 5, 5, rubric.hash), ("style", 3, 3, rubric.hash),
    ]  # fmt: skip
    assert [note.text for note in kept.notes] == ["same"]


def test_of_many_people_it_is_counted_how_many_gave_each_score(program: Program, tmp_path: Path) -> None:
    scores = [make.score("r1", value, rater=f"rater{number}") for number, value in enumerate((1, 5, 5, 2, 5))]
    save(make.session([make.request("r1")], session_id="s", scores=scores), tmp_path / "s.toml")
    assert (
        "4 of 4  overall    1 by 1, 2 by 1, 5 by 3  -        r1      Question p1?" in program("agreement", "s.toml").out
    )


REFUSED: dict[str, tuple[tuple[str, ...], str]] = {
    "neither": (("scores", "one.toml"), "Give either --template or --import."),
    "both": (("scores", "one.toml", "--template", "a.csv", "--import", "b.csv"), "Give either --template or --import."),
    "template alone": (("scores", "one.toml", "--import", "b.csv", "--blind"), "--blind is for --template alone."),
    "import alone": (("scores", "one.toml", "--template", "b.csv", "--decided"), "--decided is for --import alone."),
    "format": (("scores", "one.toml", "--template", "b.xlsx"), "It ends in none of .csv, .toml."),
    "there": (("scores", "one.toml", "--template", "empty.csv"), "is there already"),
    "no sheet": (("scores", "one.toml", "--import", "none.csv"), "none.csv cannot be read as scores."),
    "empty": (("scores", "one.toml", "--import", "empty.csv"), "Its first line has none of the headings of a sheet"),
    "heading": (("scores", "one.toml", "--import", "heading.csv"), "The heading `score` is missing; `skore` is not a "
                "heading that is known; did you mean `score`?"),
    "no rows": (("scores", "one.toml", "--import", "one.toml"), "It has no [[row]] tables."),
    "code page": (("scores", "one.toml", "--import", "ansi.csv"), "Save it as UTF-8."),
    "no session": (("scores", "nowhere.toml", "--template", "b.csv"), "There is no session nowhere.toml."),
    "twice": (("scores", "one.toml", "one.toml", "--template", "b.csv"), "are the same session."),
    "nothing to score": (("scores", "nothing.toml", "--template", "b.csv"), "There is no answer in these sessions."),
    "as a person": (("scores", "one.toml", "--import", "good.csv", "--decided", "--rater", "ana"),
                    "Nothing can be decided as ana. ana is a rater already."),
    "merge into no session": (("merge", "one.toml", "-o", "b.csv"), "A session's file is called NAME.toml."),
    "merge two sessions": (("merge", "one.toml", "nothing.toml", "-o", "b.toml"), "Only one of the files is of that"),
    "merge newer": (("merge", "newer.toml", "-o", "b.toml"), f"It has schema {SCHEMA + 1}"),
    "rater unheard of": (("agreement", "one.toml", "--rater", "zoe"), "zoe gave no score. Scores are from ana."),
    "repair nothing": (("repair", "empty.csv"), "There is no answer, score or note left in it."),
    "repair a folder": (("repair", "folder.toml"), "It is a folder, not a file."),
}  # fmt: skip


@pytest.mark.strange_sessions
@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_said_and_changes_nothing(case: str, program: Program, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "heading.csv").write_text("session,run,answer_hash,criterion,skore\n")
    (tmp_path / "good.csv").write_text("session,run,answer_hash,criterion,score\n")
    (tmp_path / "ansi.csv").write_bytes(b"session,run,answer_hash,criterion,score,note\n,,,,,f\xfcr\n")
    (tmp_path / "newer.toml").write_text(EXAMPLE.read_text("utf-8").replace("schema = 2", "schema = 3"), "utf-8")
    (tmp_path / "folder.toml").mkdir()
    save(make.session([], session_id="nothing"), tmp_path / "nothing.toml")
    before = sorted((file.name, file.read_bytes()) for file in tmp_path.iterdir() if file.is_file())
    args, said = REFUSED[case]
    assert said in program(*args, code=2).err
    assert sorted((file.name, file.read_bytes()) for file in tmp_path.iterdir() if file.is_file()) == before


def test_a_session_that_another_program_has_open_is_left_alone(program: Program, tmp_path: Path) -> None:
    program("scores", "one.toml", "--template", "s.csv")
    filled(tmp_path / "s.csv", score)
    lock = SessionLock(lock_path(tmp_path, "one"))
    assert lock.acquire()
    before = (tmp_path / "one.toml").read_bytes()
    done = program("scores", "one.toml", "--import", "s.csv", "--rater", "ben", code=1)
    lock.release()
    assert "one.toml was left as it is." in done.err and (tmp_path / "one.toml").read_bytes() == before
    program("scores", "one.toml", "--import", "s.csv", "--rater", "ben")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["one.toml", "s.csv"]


def test_mismatches_end_a_merge_with_one_and_what_fits_is_there(program: Program, tmp_path: Path) -> None:
    text = EXAMPLE.read_text("utf-8").replace("Measuring RAG means", "Measuring something else means", 1)
    (tmp_path / "two.toml").write_text(text.replace('"ana"', '"ben"'), "utf-8")
    done = program("merge", "one.toml", "two.toml", "-o", "all.toml", code=1)
    assert "two.toml has other answers than one.toml as r1: what was said of them is left out." in done.err
    assert len(scores_of(tmp_path / "all.toml")) == 17


@pytest.mark.strange_sessions
def test_a_damaged_file_is_repaired_beside_itself(program: Program, tmp_path: Path) -> None:
    damaged = (tmp_path / "one.toml").read_bytes()[:15_000]
    (tmp_path / "one.toml").write_bytes(damaged)
    done = program("repair", "one.toml")
    assert done.out == "one-repaired.toml\n" and "line 504: the text of `answer` is damaged" in done.err
    assert "one.toml stays as it is. 8 answers, 0 scores, 0 notes in a new file" in done.err
    assert (tmp_path / "one.toml").read_bytes() == damaged
    assert "can be read as it is" in program("repair", "one-repaired.toml").err
    kept: Session = load(tmp_path / "one-repaired.toml")
    assert len(kept.requests) == 8


def test_in_a_blind_review_nothing_says_which_run_somebody_spoke_of(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs are numbered in the order of the models."""
    kept = make.session(
        [make.request("r1"), make.request("r2", model="m2")],
        models=[make.target("m1", "phi"), make.target("m2", "qwen")],
        scores=[make.score("r2", 2, blind=True), make.score("r2", 5, rater="ben", blind=True)],
        notes=[Note("r2", "ann", "too long by half", make.WHEN)],
    )
    kept.orders.append(PaneOrder("measure", "p1", ("m2", "m1"), make.WHEN, seed=7, blind=True))
    complete_entries(kept)
    (tmp_path / "kept").mkdir()
    file = tmp_path / "kept" / "two.toml"
    save(kept, file)

    def said() -> str:
        ways = (("search", "half", "--sessions", "kept"), ("agreement", str(file)))
        return "".join(program(*way, *json_too).out for way in ways for json_too in ((), ("--json",)))

    hidden = re.sub(r'"size_bytes": \d+', "", said())
    assert "too long by half" in hidden and hidden.count("blind-") == 2 and "r2" not in hidden
    kept.reveals.append(Reveal("ann", make.WHEN))
    complete_entries(kept)
    save(kept, file)
    monkeypatch.setenv("FOUNDRY_COMPARE_RATER", "ann")
    assert said().count("r2") == 4
    monkeypatch.setenv("FOUNDRY_COMPARE_RATER", "ben")
    assert re.sub(r'"size_bytes": \d+', "", said()) == hidden, "who has not seen it is not told by whoever has"
    ways = ("show", str(file)), ("list", "kept"), ("list", "kept", "--json"), ("search", "phi", "--sessions", "kept")
    for way in some((*ways, ("search", "qwen", "--sessions", "kept", "--json"))):
        done = program(*way)
        assert "two.toml" in done.out and not any(name in done.out for name in ("phi", "qwen", "one two")), way
    program("scores", str(file), "--template", "ben.csv", "--rater", "ben")
    assert "qwen" not in (tmp_path / "ben.csv").read_text("utf-8")
    monkeypatch.setenv("FOUNDRY_COMPARE_RATER", "ann")
    assert "qwen" in program("show", str(file)).out and "qwen" in program("list", "kept", "--json").out
    program("scores", str(file), "--template", "ann.csv", "--rater", "ann")
    assert "qwen" in (tmp_path / "ann.csv").read_text("utf-8")
